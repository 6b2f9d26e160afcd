import { type DesiredNetwork, type DesiredOpening, type DesiredState, openingsOf } from '@portolan/core'
import { type Family, families } from '@portolan/netfilter'
import { chain, rule } from '../model/build.ts'
import {
  accept,
  concat,
  type Element,
  element,
  is,
  isNot,
  jump,
  meta,
  number,
  payload,
  type Rule,
  reference,
  type Statement,
  text,
  vmap,
} from '../model/index.ts'
import { openedChain } from '../model/object-name.ts'
import { addElement, type PartsBuilder } from './parts.ts'
import { mapName } from './port-key.ts'
import { sourcesOf } from './sources.ts'
import { ownerComment } from './tag.ts'
import { version } from './unmasqueraded.ts'

const bridges = reference('bridges')
/**
 * A packet from a container is looked up by its source address. A packet with that source from another interface is
 * forged and was dropped before.
 */
const inside = is(meta('iifname'), bridges)
/** An interface or a prefix names other machines. It does not open anything to containers of other projects. */
const outside = isNot(meta('iifname'), bridges)

/** The sets that hold openings, one for each form of source and destination. */
const stems = {
  /** interface . bridge */
  entrance: 'entrance',
  /** interface . container */
  entry: 'entry',
  /** container . container */
  peers: 'peers',
  /** container . container . protocol . port */
  linked: 'linked',
  /** container, with a jump to a chain that checks the source */
  opened: 'opened',
} as const

type Stem = keyof typeof stems

const lookups: Readonly<Record<Stem, (family: Family) => readonly Statement[]>> = {
  entrance: (family) => [
    version(family),
    outside,
    is(concat(meta('iifname'), meta('oifname')), named('entrance', family)),
    accept,
  ],
  entry: (family) => [
    outside,
    is(concat(meta('iifname'), payload(family, 'daddr')), named('entry', family)),
    accept,
  ],
  peers: (family) => [
    inside,
    is(concat(payload(family, 'saddr'), payload(family, 'daddr')), named('peers', family)),
    accept,
  ],
  linked: (family) => [
    inside,
    is(
      concat(payload(family, 'saddr'), payload(family, 'daddr'), meta('l4proto'), payload('th', 'dport')),
      named('linked', family),
    ),
    accept,
  ],
  opened: (family) => [vmap(payload(family, 'daddr'), named('opened', family))],
}

const setOf = (stem: Stem, family: Family): string => mapName(stems[stem], family, 'any')

const named = (stem: Stem, family: Family) => reference(setOf(stem, family))

/** The source prefixes of openings: those of other machines, and those of containers. */
const prefixesOf = (
  { networks }: DesiredState,
  family: Family,
  openings: readonly DesiredOpening[],
): { readonly machines: readonly string[]; readonly containers: readonly string[] } => ({
  machines: openings.flatMap(({ from }) => (from.kind === 'prefix' ? [from.prefix] : [])),
  containers: openings.flatMap(({ from }) => {
    if (from.kind === 'container') return [from.address]
    if (from.kind !== 'network') return []
    const subnet = networks.find(({ name }) => name === from.network)?.[family]
    return subnet === undefined || subnet === null ? [] : [subnet.subnet]
  }),
})

const bySource = (
  desired: DesiredState,
  family: Family,
  openings: readonly DesiredOpening[],
  comment: string,
): readonly Rule[] => {
  const { machines, containers } = prefixesOf(desired, family, openings)
  const admit = (way: Statement, prefixes: readonly string[]): readonly Rule[] => {
    const sources = sourcesOf(family, prefixes)
    if (sources === 'none') return []
    const asked = sources === 'everyone' ? version(family) : is(payload(family, 'saddr'), sources)
    return [rule(comment, way, asked, accept)]
  }
  return [...admit(outside, machines), ...admit(inside, containers)]
}

/**
 * Neighbour discovery is not tracked, so no rule for established flows accepts it. IPv4 needs no such rule: no rule
 * sees ARP.
 */
const neighbours = (comment: string, bridge: string): readonly Rule[] =>
  ['nd-neighbor-solicit', 'nd-neighbor-advert'].map((type) =>
    rule(comment, is(meta('iifname'), text(bridge)), is(payload('icmpv6', 'type'), text(type)), accept),
  )

const isInside = ({ from }: DesiredOpening, { name }: DesiredNetwork): boolean =>
  'network' in from && from.network === name

/**
 * Adds what `links` and `reachable_from` open of a network.
 *
 * @returns rules for the chain that decides which packets leave by the network's bridge; they have to stand before
 *   its drops
 */
export const addOpenings = (
  parts: PartsBuilder,
  desired: DesiredState,
  network: DesiredNetwork,
  comment: string,
): readonly Rule[] =>
  families.flatMap((family) => {
    const openings = openingsOf(desired, network, family)
    const ofAll = openings.filter(({ address }) => address === null)
    const used = new Set<Stem>()
    const add = (stem: Stem, item: Element): boolean => {
      used.add(stem)
      return addElement(parts, setOf(stem, family), item)
    }
    const asked = new Map<string, DesiredOpening[]>()
    for (const opening of openings) {
      const { address, from, ports } = opening
      const owner = ownerComment(desired.project, opening.label)
      if (from.kind === 'interface') {
        const key = concat(text(from.name), text(address ?? network.bridge))
        add(address === null ? 'entrance' : 'entry', element(key, null, owner))
      } else if (address !== null && from.kind === 'container') {
        const [source, target] = [text(from.address), text(address)]
        if (ports === null) add('peers', element(concat(source, target), null, owner))
        for (const { protocol, port } of ports ?? [])
          add('linked', element(concat(source, target, text(protocol), number(port)), null, owner))
      } else if (address !== null) asked.set(address, [...(asked.get(address) ?? []), opening])
    }
    for (const [address, ofOne] of asked) {
      const owner = ownerComment(desired.project, ofOne[0]?.label ?? network.name)
      const name = openedChain(family, address)
      // The chain is added with the element that leads to it.
      if (add('opened', element(text(address), jump(name), owner)))
        parts.chains.push(chain(name, bySource(desired, family, ofOne, owner)))
    }
    const isIp6Inside =
      family === 'ip6' && !network.icc && openings.some((opening) => isInside(opening, network))
    return [
      ...(isIp6Inside ? neighbours(comment, network.bridge) : []),
      ...bySource(desired, family, ofAll, comment),
      ...(Object.keys(lookups) as Stem[])
        .filter((stem) => used.has(stem))
        .map((stem) => rule(comment, ...lookups[stem](family))),
    ]
  })
