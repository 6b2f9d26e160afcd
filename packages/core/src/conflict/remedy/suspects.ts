import type { Family } from '@portolan/netfilter'
import { type NetfilterRule, protocolNumber } from '@portolan/netfilter'
import {
  isEmptySet,
  type RangeSet,
  singleValue,
  subtractRanges,
  uniteRanges,
} from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredState } from '../../contract/index.ts'
import type { Region } from '../search/region/region.ts'
import { addressValue } from '../search/rows/subnets.ts'
import type { Surroundings } from '../search/rows/surroundings.ts'
import type { Drafted } from './draft.ts'
import type { ForeignTranslations } from './foreign-translations.ts'
import type { Suspects } from './judged.ts'
import { anyPort, loopback, unicast } from './open-packets.ts'
import { isBeforeRouting } from './passage.ts'

/** The places that packets may come from, and what may happen to them. */
export interface Places {
  readonly desired: DesiredState
  readonly around: Readonly<Record<Family, Surroundings>>
  readonly links: readonly string[]
  readonly translated: ForeignTranslations
}

/** All packets that the rules of a remedy can match, and more. */
export const suspectsOf = (drafted: Drafted, places: Places): readonly Suspects[] => {
  const { finding, draft } = drafted
  const [row] = finding.rows
  if (row === undefined) return []
  const { family, network, mapping, way } = row
  const subnet = places.around[family].subnets.get(network)?.whole ?? unicast[family]
  const isByHost = ['output', 'input', 'postrouting'].includes(finding.step?.hook ?? '')
  const entrances = isByHost ? [null, ...places.links] : places.links
  const region = (saddr: RangeSet, daddr: RangeSet, dport = anyPort): Suspects['region'] => ({
    ...{ saddr, daddr, dport },
    sport: anyPort,
  })
  const { addresses } = places.around[family]
  const any = unicast[family]
  const toNetwork = packetsTo(subnet, places.around[family], family)
  // A rule for a zone of firewalld matches only the bridge.
  const isWide = draft.insertions.some(({ rule }) => !asksAddress(rule.steps))
  const wide = isWide
    ? protocols.flatMap((protocol) =>
        places.links.map((from) => ({ family, protocol, in: from, region: toNetwork })),
      )
    : []
  if (mapping !== null)
    return [...wide, ...suspectsOfMapping(mapping, drafted, { ...places, entrances, subnet })]
  if (way === 'egress') {
    // Frames inside the bridge do not leave it.
    const beyond = subtractRanges(any, uniteRanges([addresses, subnet]))
    // A rule before the routing decision also matches packets to the host.
    const isForHost = places.translated.any || isBeforeRouting(finding.step?.hook ?? '')
    const away = isForHost ? uniteRanges([beyond, addresses]) : beyond
    const leaving = region(subtractRanges(subnet, addresses), away)
    return [
      ...wide,
      ...protocols.map((protocol) => ({ family, protocol, in: network.bridge, region: leaving })),
    ]
  }
  const answers = { saddr: subtractRanges(subnet, addresses), sport: anyPort, protocols }
  const covered: readonly (string | null)[] = isWide ? places.links : []
  return [
    ...wide,
    ...without(covered, entrancesOf(drafted, entrances)).flatMap((from) =>
      protocols.map((protocol) => ({ family, protocol, in: from, region: toNetwork })),
    ),
    ...statelessAnswers(drafted, { ...places, subnet }, answers),
  ]
}

const without = <T>(covered: readonly T[], all: readonly T[]): readonly T[] =>
  all.filter((one) => !covered.includes(one))

/**
 * The interfaces that packets of a network's rows come in by. A rule for an opening that names no interface covers all.
 */
const entrancesOf = (
  { finding: { rows }, draft }: Drafted,
  all: readonly (string | null)[],
): readonly (string | null)[] => {
  const opens = rows.some((row) => row.opens !== undefined)
  const asksLink = draft.insertions.every(({ rule }) => rule.steps.some(isLinkMatch))
  return [...new Set(opens && !asksLink ? all : rows.map((row) => row.in))]
}

const isLinkMatch = (step: Steps[number]): boolean =>
  step.kind === 'compare' && step.expression.kind === 'field' && step.expression.field === 'iifname'

/**
 * The packets that a rule for replies matches before connection tracking: all packets from the source that it names.
 */
const statelessAnswers = (
  { finding, draft }: Drafted,
  { around, subnet }: Pick<Places, 'around'> & { readonly subnet: RangeSet },
  from: Pick<Region, 'saddr' | 'sport'> & { readonly protocols: readonly number[] },
): readonly Suspects[] => {
  const [row] = finding.rows
  const isStateless = draft.insertions.some(
    ({ rule: { steps } }) =>
      steps.some((step) => step.kind === 'compare' && isField(step, 'saddr')) &&
      !steps.some((step) => step.kind === 'compare' && step.expression.kind === 'bitwise'),
  )
  if (row === undefined || !isStateless) return []
  const { family, network } = row
  const { addresses } = around[family]
  // Frames inside the bridge are judged separately, because nothing in the rule tells them from the rest.
  return [
    uniteRanges([subtractRanges(unicast[family], subnet), addresses]),
    subtractRanges(subnet, addresses),
  ].flatMap((daddr) => {
    const region = { saddr: from.saddr, sport: from.sport, daddr, dport: anyPort }
    return from.protocols.map((protocol) => ({ family, protocol, in: network.bridge, region }))
  })
}

/** The packets of all senders. */
interface FromSenders {
  readonly all: RangeSet
  /** The regions of these packets, by destination. */
  readonly to: Map<RangeSet, Region>
}

const fromSenders = new WeakMap<Surroundings, FromSenders>()

/**
 * The sources that a packet may have: the kernel drops a source that is the host's own before any rule, like a martian.
 * The way to evaluate a chain is planned for a region object. All remedies and protocols with the same object share the
 * plan.
 */
const sendersOf = (around: Surroundings, family: Family): FromSenders => {
  const known = fromSenders.get(around)
  if (known !== undefined) return known
  const made = { all: subtractRanges(unicast[family], around.addresses), to: new Map<RangeSet, Region>() }
  fromSenders.set(around, made)
  return made
}

/** All packets to some addresses. */
const packetsTo = (daddr: RangeSet, around: Surroundings, family: Family): Region => {
  const { all, to } = sendersOf(around, family)
  const known = to.get(daddr)
  if (known !== undefined) return known
  const made: Region = { saddr: all, daddr, sport: anyPort, dport: anyPort }
  to.set(daddr, made)
  return made
}

const suspectsOfMapping = (
  mapping: DesiredMapping,
  drafted: Drafted,
  {
    desired,
    around,
    entrances,
    translated,
    subnet,
  }: Places & { readonly entrances: readonly (string | null)[]; readonly subnet: RangeSet },
): readonly Suspects[] => {
  const { family, targets } = mapping
  const protocol = protocolNumber[mapping.protocol]
  const [any, senders] = [unicast[family], sendersOf(around[family], family).all]
  const places = new Set(targets.map(({ address, port }) => `${address} ${port}`))
  const addresses = targets.map(({ address }) => addressValue(address))
  const ports = uniteRanges(targets.map(({ port }) => singleValue(port)))
  const hostPorts = desired.mappings
    .filter(
      (one) =>
        one.kind === 'nat' &&
        one.family === family &&
        one.protocol === mapping.protocol &&
        one.targets.some(({ address, port }) => places.has(`${address} ${port}`)),
    )
    .map(({ hostPort }) => singleValue(hostPort))
  const targetSet = uniteRanges(addresses.map((address) => singleValue(address)))
  const mayLead = addresses.some((address) => translated.leadTo(address))
  // The way to evaluate a chain is planned for a region object, and all entrances share one.
  const direct: Region = { saddr: senders, daddr: targetSet, sport: anyPort, dport: ports }
  const publishedAt = (host: RangeSet): Region => ({
    ...{ saddr: senders, sport: anyPort },
    daddr: mayLead ? uniteRanges([subtractRanges(any, subnet), host]) : host,
    dport: mayLead ? anyPort : uniteRanges(hostPorts),
  })
  const published = publishedAt(around[family].addresses)
  const publishedHere = publishedAt(uniteRanges([around[family].addresses, loopback[family]]))
  const suspects = entrances.flatMap((from): readonly Suspects[] => {
    const own = { family, protocol, in: from }
    return [
      { ...own, region: direct },
      { ...own, region: from === null ? publishedHere : published },
    ]
  })
  const answers = { saddr: targetSet, sport: ports, protocols: [protocol] }
  return [...suspects, ...statelessAnswers(drafted, { around, subnet }, answers)].filter(
    ({ region: { daddr, dport } }) => !isEmptySet(daddr) && !isEmptySet(dport),
  )
}

const protocols: readonly number[] = [protocolNumber.tcp, protocolNumber.udp, protocolNumber.sctp]

type Steps = NetfilterRule['steps']

const isField = (
  { expression }: Extract<Steps[number], { readonly kind: 'compare' }>,
  name: 'saddr' | 'daddr',
): boolean => expression.kind === 'field' && expression.field === name

const asksAddress = (steps: Steps): boolean =>
  steps.some(
    (step) =>
      step.kind === 'compare' &&
      (isField(step, 'saddr') || isField(step, 'daddr') || step.expression.kind !== 'field'),
  )
