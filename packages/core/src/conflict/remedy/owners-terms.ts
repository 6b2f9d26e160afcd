import type { NetfilterTable } from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'
import { ownerName, type TraceStep } from '@portolan/netfilter/analysis'
import { comesAfterPolicies, zoneAsked, zoneRefused } from './firewalld-rules.ts'

/**
 * The place to change a rule that a program writes from its settings, and how to see these settings. A change of the
 * rule itself is lost with the program's next reload, and the kernel accepts none for a table with `flags owner`.
 *
 * @returns null when no such program is known, or the culprit is not a rule
 */
export const ownersTerms = (step: TraceStep): string | null => {
  const { table, chain, rule } = step
  if (table === null || chain === null) return null
  const owner = ownerOf(table, chain, rule)
  switch (owner) {
    case 'firewalld':
      return ofFirewalld(step, table, chain.name)
    case 'ufw':
      return 'Ufw makes this rule from its settings. Change it there: "ufw status numbered" lists the rules that were given to it, and /etc/ufw has the others.'
    case 'docker':
      // The rules in this chain are the administrator's own: Docker leaves the chain to them.
      return chain.name === 'DOCKER-USER'
        ? null
        : 'Docker makes this rule for its networks and published ports. Change it there: "docker ps" lists the ports, and "docker network ls" the networks.'
    case 'portolan':
      return null
    default:
      return table.owned === true ? ownedText(owner) : null
  }
}

/** The remedy for a table that the kernel reserves for the program that made it. */
export const ownedText = (owner: string | null): string =>
  `Let them pass in the settings of ${owner === null ? 'the program that keeps this table' : ownerName(owner)}. The kernel takes no rule for this table from another program (flags owner).`

const policyChain = /_policy_(.+?)(_(pre|log|deny|allow|post))?$/
const directChain = /_direct$/
const zoneChain = /^(?:\w+_)?(?:FWD|IN|OUT|PRE|POST)_(?!policy_)(.+?)(?:_(?:pre|log|deny|allow|post))?$/

const ofFirewalld = (step: TraceStep, table: NetfilterTable, chain: string): string => {
  const { rule } = step
  const refused =
    rule === null
      ? null
      : (zoneRefused(table, rule) ??
        (table.tool === 'nft' && comesAfterPolicies(step) ? zoneAsked(step) : null))
  if (refused !== null)
    return `Firewalld refuses here every packet that neither zone ${refused} nor a policy accepts. "firewall-cmd --info-zone=${refused}" shows the zone. A policy with the ingress zone ${refused} can accept more (firewalld.policies(5), "firewall-cmd --list-all-policies").`
  const policy = policyChain.exec(chain)?.[1]
  if (policy !== undefined)
    return `Firewalld makes this rule from policy ${policy}. Change it there: "firewall-cmd --info-policy=${policy}" shows it.`
  if (directChain.test(chain))
    return 'Firewalld makes this rule from its direct rules. Change it there: "firewall-cmd --direct --get-all-rules" lists them.'
  // With iptables, the chains of policies look like those of zones.
  const zone = table.tool === 'nft' ? zoneChain.exec(chain)?.[1] : undefined
  if (zone !== undefined)
    return `Firewalld makes this rule from zone ${zone}. Change it there: "firewall-cmd --info-zone=${zone}" shows it.`
  return 'Firewalld makes this rule from its settings. Change it there: "firewall-cmd --list-all-zones" and "firewall-cmd --list-all-policies" show its zones and policies, and /etc/firewalld/firewalld.conf has the rest (firewalld.conf(5)).'
}
