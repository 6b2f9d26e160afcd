import { protocolName, type Wording } from '@portolan/netfilter'
import type { Passage } from '@portolan/netfilter/advice'
import { asksSource } from './decision.ts'
import { type Draft, inWords, type Wanted } from './draft.ts'
import { policyDescription, policyNames, priorityOf } from './firewalld-policy.ts'
import {
  afterZones,
  asksPolicies,
  comesAfterPolicies,
  defaultZone,
  policyState,
  zoneOf,
  zoneRefused,
} from './firewalld-rules.ts'
import { hookRemedy, needOf } from './hook-remedy.ts'
import { acceptPassage, type Insertion, refusePassage } from './insertion.ts'

type Words = readonly string[]

/**
 * Drafts a policy of firewalld for forwarded packets (firewalld.policies(5)) with a rich rule for each passage. Its
 * ingress zones are those of the packets, so a zone for banned sources is evaluated as before. Its egress is any zone,
 * which excludes packets to the host itself.
 *
 * @returns null when firewalld has no way to express it
 */
export const firewalldWay = (wanted: Wanted, wording: Wording): Draft | null => {
  const { step, bridge, passages } = wanted
  const { table } = step
  if (table === null || step.reply) return null
  if (!comesAfterPolicies(step))
    return inWords(
      'firewalld refuses these packets whatever its zones and policies say. Change its settings (firewalld.conf(5)) if that is not meant.',
    )
  if (table.tool !== 'nft') return inWords(byHand(wording))
  const found = findPolicy(wanted)
  const entrances = passages.there.flatMap((passage) => (passage.in === null ? [] : [passage.in]))
  const culprits = [step.rule, ...wanted.alongside].filter((rule) => rule !== null)
  const isInside = passages.there.some((passage) => isBridged(passage, bridge))
  // firewalld evaluates policies for packets of a zone with sources, whatever interfaces they pass. In IPv6, a rule for
  // a network's addresses does not let its containers find each other, but a zone of the bridge does.
  const needsZone = isInside
    ? !asksPolicies(table, bridge, [])
    : !culprits.every(asksSource) && !asksPolicies(table, bridge, wanted.outer)
  if (isInside && !needsZone && passages.back.family === 'ip6') return null
  const zone = needsZone ? defaultZone(table) : null
  const accepts = passages.there.map((passage) => withoutInterfaces(passage, wanted))
  const refusals = accepts.flatMap((passage) =>
    passage.destination === null
      ? wanted.otherBridges
          .filter((prefix) => prefix.includes(':') === (passage.family === 'ip6'))
          .map((destination) => ({ ...passage, destination }))
      : [],
  )
  const from = [
    ...new Set(
      culprits.every((rule) => zoneRefused(table, rule) !== null)
        ? culprits.map((rule) => zoneRefused(table, rule))
        : (isOut(wanted) ? [bridge, ...entrances] : wanted.outer).map((name) => zoneOf(table, name)),
    ),
  ]
  const zones = from.filter((one) => one !== null)
  // Passages that differ only in their interfaces give one rule.
  const rules = [
    ...new Set([
      ...refusals.map((one) => richRule(one, 'reject')),
      ...accepts.map((one) => richRule(one, 'accept')),
    ]),
  ]
  if (found === null || (needsZone && zone === null) || !rules.every((rule) => rule !== null)) return null
  if (zones.length === 0 || zones.length < from.length) return null
  const { policy, isNew } = found
  const remedy = hookRemedy(
    {
      name: 'firewalld',
      text:
        `Let firewalld forward them by a policy of its own, ${policy}. It is asked after the zones, and about forwarded packets alone.` +
        (accepts.some(({ destination }) => destination === null) ? untilApplied(wording) : '') +
        ' The reload drops what was set at run time only, bans among it: save that first (firewall-cmd --runtime-to-permanent).',
      commands: [
        ...(isNew ? prologue(policy) : []),
        ...zones.map((one) => permanent(`--policy=${policy}`, `--add-ingress-zone=${one}`)),
        ...(zone === null ? [] : [permanent(`--zone=${zone.zone}`, `--add-interface=${bridge}`)]),
        ...rules.map((rule) => permanent(`--policy=${policy}`, `--add-rich-rule=${rule}`)),
        reload,
      ],
      undo: [
        permanent(`--delete-policy=${policy}`),
        ...(zone === null ? [] : [permanent(`--zone=${zone.zone}`, `--remove-interface=${bridge}`)]),
        reload,
      ],
    },
    needOf(wanted),
  )
  const inPolicy = afterZones(table, zones).flatMap(({ chain, before }): readonly Insertion[] =>
    [
      ...refusals.map((one) => refusePassage(table, chain, one)),
      ...accepts.map((one) => acceptPassage(table, chain, one)),
    ].map((rule) => ({ table, chain, before, rule })),
  )
  // The other interfaces of a zone may reach an interface in it.
  const inZone = (zone === null ? [] : [zone]).map(({ allows }): Insertion => {
    const { family } = passages.there[0]
    return {
      table,
      chain: allows,
      before: null,
      rule: acceptPassage(table, allows, { family, ...anyTo(bridge) }),
    }
  })
  return remedy === null ? null : { remedy, insertions: [...inPolicy, ...inZone] }
}

/** A policy does not name outgoing interfaces, so it can refuse only networks that exist now. */
const untilApplied = ({ apply }: Wording): string =>
  ` It refuses the networks of other engines that are there now. A network that is made later is open to these containers${apply === null ? '' : ` until the next ${apply}`}.`

/**
 * The remedy if firewalld writes with iptables. The chains of zones and policies look alike then, so neither can be
 * identified for sure. And a reload of firewalld deletes the rules of all other programs (firewalld.conf(5),
 * `FlushAllOnReload`): --fix would delete what it has just applied.
 */
const byHand = ({ restore }: Wording): string =>
  `Let firewalld forward them by a policy for forwarded packets (firewalld.policies(5)) with a rich rule for these addresses. Save what is set at run time first (firewall-cmd --runtime-to-permanent): the reload drops it, bans among it. Then ${restore}: with FirewallBackend=iptables the reload deletes the rules of other programs, Portolan's among them.`

/** Whether the packets leave the bridge, or go from one of its ports to another. */
const isOut = ({ passages: { there }, bridge }: Wanted): boolean => there[0].in === bridge

/** A rich rule names no interface. Packets between ports of the bridge are recognised by their addresses instead. */
const withoutInterfaces = (passage: Passage, { bridge, subnet }: Wanted): Passage => ({
  ...{ ...passage, in: null, out: null, translated: false },
  ...(isBridged(passage, bridge) ? { source: subnet, destination: subnet } : {}),
})

const isBridged = ({ in: from, out, source, destination }: Passage, bridge: string): boolean =>
  from === bridge && out === bridge && source === null && destination === null

const anyTo = (out: string): Omit<Passage, 'family'> => ({
  in: null,
  out,
  protocol: null,
  source: null,
  destination: null,
  sourcePort: null,
  destinationPort: null,
  answers: false,
})

const permanent = (...words: Words): Words => ['firewall-cmd', '--permanent', ...words]
const reload: Words = ['firewall-cmd', '--reload']

const prologue = (policy: string): readonly Words[] => [
  permanent(`--new-policy=${policy}`),
  permanent(`--policy=${policy}`, `--set-description=${policyDescription}`),
  permanent(`--policy=${policy}`, `--set-priority=${priorityOf(policy)}`),
  permanent(`--policy=${policy}`, '--add-egress-zone=ANY'),
]

/** The first policy name that is free or belongs to a policy of Portolan; null: all are taken. */
const findPolicy = ({
  step: { table },
  bridge,
  subnets,
}: Wanted): { readonly policy: string; readonly isNew: boolean } | null => {
  for (const policy of policyNames(bridge)) {
    const state = table === null ? 'taken' : policyState(table, policy, subnets)
    if (state !== 'taken') return { policy, isNew: state === 'free' }
  }
  return null
}

/**
 * Writes a rich rule (firewalld.richlanguage(5)); null: the passage has no address, so the rule would cover everything.
 */
const richRule = (passage: Passage, verdict: 'accept' | 'reject'): string | null => {
  const { family, protocol, source, destination, destinationPort } = passage
  if (destination === 'local' || (source === null && destination === null)) return null
  return [
    `rule family="${family === 'ip' ? 'ipv4' : 'ipv6'}"`,
    ...(source === null ? [] : [`source address="${source}"`]),
    ...(destination === null ? [] : [`destination address="${destination}"`]),
    ...(destinationPort === null || protocol === null
      ? []
      : [`port port="${destinationPort}" protocol="${protocolName(protocol)}"`]),
    verdict,
  ].join(' ')
}
