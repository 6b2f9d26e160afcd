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
import { hooked, needOf } from './hooked.ts'
import { acceptPassage, type Insertion, refusePassage } from './insertion.ts'

type Words = readonly string[]

/**
 * A policy of firewalld for forwarded packets (firewalld.policies(5)) with a rich rule for each passage. It is for what
 * comes from the zones that the packets come from, so that a zone for banned sources is asked as before; and to any
 * zone, which leaves what is addressed to the host itself out.
 *
 * @returns null where firewalld has no way to say it
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
  // Policies are asked about the packets of a zone that has sources, whatever interfaces they pass. And no rule for
  // addresses of a network lets its containers find each other in IPv6, but a zone of the bridge does.
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
  // Passages that differ in their interfaces alone are one rule.
  const rules = [
    ...new Set([
      ...refusals.map((one) => richRule(one, 'reject')),
      ...accepts.map((one) => richRule(one, 'accept')),
    ]),
  ]
  if (found === null || (needsZone && zone === null) || !rules.every((rule) => rule !== null)) return null
  if (zones.length === 0 || zones.length < from.length) return null
  const { policy, isNew } = found
  const remedy = hooked(
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
  // An interface of a zone may be reached from the others of it.
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

/** A policy names no interface that packets leave by, so it can refuse only what is there. */
const untilApplied = ({ apply }: Wording): string =>
  ` It refuses the networks of other engines that are there now. A network that is made later is open to these containers${apply === null ? '' : ` until the next ${apply}`}.`

/**
 * With iptables, zones and policies have chains of the same form, so that none can be named for sure. And a reload of
 * firewalld deletes the rules of all other programs (firewalld.conf(5), `FlushAllOnReload`): --fix would delete what it
 * has just applied.
 */
const byHand = ({ restore }: Wording): string =>
  `Let firewalld forward them by a policy for forwarded packets (firewalld.policies(5)) with a rich rule for these addresses. Save what is set at run time first (firewall-cmd --runtime-to-permanent): the reload drops it, bans among it. Then ${restore}: with FirewallBackend=iptables the reload deletes the rules of other programs, Portolan's among them.`

/** They leave the bridge, or go from port to port of it. */
const isOut = ({ passages: { there }, bridge }: Wanted): boolean => there[0].in === bridge

/** A rich rule names no interface: what goes from port to port of the bridge is known by its addresses. */
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

/** A name that is free, or of a policy of ours. */
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

/** firewalld.richlanguage(5); null for what has no address, since the rule would be for all. */
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
