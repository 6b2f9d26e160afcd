import { parseBridgeAlias } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'
import type { HostRules } from '../host-rules/host-rules.ts'
import { projectsInRules } from '../host-rules/projects-in-rules.ts'
import { variantCarriedOut } from './carried-out.ts'
import type { PlanChange } from './plan.ts'

const programs = {
  'iptables-nft': { ip: 'iptables-nft', ip6: 'ip6tables-nft' },
  'iptables-legacy': { ip: 'iptables-legacy', ip6: 'ip6tables-legacy' },
} as const

/**
 * Chains of ours that stay, empty, once changes are carried out: a rule of others leads to them.
 * @internal
 */
export const heldChainNotes = (rules: HostRules, changes: readonly PlanChange[]): readonly string[] =>
  (['iptables-nft', 'iptables-legacy'] as const).flatMap((variant) => {
    // Changes of ours bring no such rule. On most hosts there is none, and carrying out a large plan takes long.
    if (iptables.foreignJumps(rules[variant]).length === 0) return []
    return iptables
      .heldChains(variantCarriedOut(rules, changes, variant))
      .map(
        ({ family, table, to, text }) =>
          `Chain ${to} (${programs[variant][family]}, table ${table}) stays, empty: the foreign rule "${text}" leads to it, and Portolan deletes no rule of others. Delete that rule, then run "portolan destroy" again.`,
      )
  })

/**
 * Projects that have rules on a host and no network there: those of a live host, and whatever else names a project in
 * the comment of an element or rule of ours. A plan leaves them as they are.
 * @internal
 */
export const strayProjectNotes = (
  rules: HostRules,
  { interfaces }: HostFacts,
  project: string,
): readonly string[] => {
  const settled = new Set((interfaces ?? []).map(({ alias }) => parseBridgeAlias(alias)?.project))
  const strays = new Set(projectsInRules(rules).filter((one) => one !== project && !settled.has(one)))
  return [...strays]
    .toSorted()
    .map(
      (one) =>
        `Project ${one} has rules among Portolan's on this host, and no network. This plan leaves them. Unless a live host keeps them, "portolan destroy -p ${one}" removes them.`,
    )
}
