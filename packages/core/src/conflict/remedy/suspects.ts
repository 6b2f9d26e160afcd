import type { Family } from '../../address/index.ts'
import { isEmptySet, type RangeSet, singleValue, subtractRanges } from '../../address/range-set.ts'
import type { DesiredMapping, DesiredState } from '../../desired/index.ts'
import { type NetfilterRule, protocolNumber } from '../../netfilter/index.ts'
import { addressValue } from '../search/subnets.ts'
import type { Surroundings } from '../search/surroundings.ts'
import type { Drafted } from './draft.ts'
import type { Suspects } from './find-opened.ts'
import type { ForeignTranslations } from './foreign-translations.ts'
import { anyPort, loopback, unicast, union } from './open-packets.ts'

/** Where packets may come from, and what may become of them. */
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
  const [any, senders] = [unicast[family], sendersTo(places.around[family], family)]
  // A rule for a zone of firewalld asks for nothing but the bridge.
  const isWide = draft.insertions.some(({ rule }) => !asksAddress(rule.steps))
  const wide = isWide
    ? protocols.flatMap((protocol) =>
        places.links.map((from) => ({ family, protocol, in: from, region: region(senders, subnet) })),
      )
    : []
  if (mapping !== null)
    return [...wide, ...suspectsOfMapping(mapping, drafted, { ...places, entrances, subnet })]
  if (way === 'egress') {
    // What the bridge switches does not leave it.
    const beyond = subtractRanges(any, union(addresses, subnet))
    const away = places.translated.any ? union(beyond, addresses) : beyond
    return [
      ...wide,
      ...protocols.map((protocol) => ({
        family,
        protocol,
        in: network.bridge,
        region: region(subtractRanges(subnet, addresses), away),
      })),
    ]
  }
  return [
    ...wide,
    ...protocols.map((protocol) => ({ family, protocol, in: row.in, region: region(senders, subnet) })),
  ]
}

/** The kernel drops a source of the host's own before any rule is asked, as it drops a martian. */
const sendersTo = ({ addresses }: Surroundings, family: Family): RangeSet =>
  subtractRanges(unicast[family], addresses)

const suspectsOfMapping = (
  mapping: DesiredMapping,
  { finding, draft }: Drafted,
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
  const [any, senders] = [unicast[family], sendersTo(around[family], family)]
  const places = new Set(targets.map(({ address, port }) => `${address} ${port}`))
  const addresses = targets.map(({ address }) => addressValue(address))
  const ports = union(...targets.map(({ port }) => singleValue(port)))
  const hostPorts = desired.mappings
    .filter(
      (one) =>
        one.kind === 'nat' &&
        one.family === family &&
        one.protocol === mapping.protocol &&
        one.targets.some(({ address, port }) => places.has(`${address} ${port}`)),
    )
    .map(({ hostPort }) => singleValue(hostPort))
  const targetSet = union(...addresses.map((address) => singleValue(address)))
  const mayLead = addresses.some((address) => translated.leadTo(address))
  const { bridge } = finding.network
  // Before connection tracking a rule for answers is one for whatever comes from the port.
  const isStateless = draft.insertions.some(
    ({ rule: { steps } }) =>
      steps.some((step) => step.kind === 'compare' && isField(step, 'saddr')) &&
      !steps.some((step) => step.kind === 'compare' && step.expression.kind === 'bitwise'),
  )
  const suspects = entrances.flatMap((from): readonly Suspects[] => {
    const own = { family, protocol, in: from }
    const host = from === null ? union(around[family].addresses, loopback[family]) : around[family].addresses
    return [
      { ...own, region: { saddr: senders, daddr: targetSet, sport: anyPort, dport: ports } },
      {
        ...own,
        region: {
          ...{ saddr: senders, sport: anyPort },
          daddr: mayLead ? union(subtractRanges(any, subnet), host) : host,
          dport: mayLead ? anyPort : union(...hostPorts),
        },
      },
    ]
  })
  const stateless: readonly Suspects[] = isStateless
    ? [
        {
          family,
          protocol,
          in: bridge,
          region: { saddr: targetSet, daddr: any, sport: ports, dport: anyPort },
        },
      ]
    : []
  return [...suspects, ...stateless].filter(
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
