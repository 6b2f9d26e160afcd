import { parseBridgeAlias, parseEndpointAlias } from '@portolan/core'
import {
  type HostFacts,
  type InterfaceFact,
  type Prefix,
  parsePrefix,
  prefixAround,
  prefixesOverlap,
  type RouteFact,
  tryParseHostOrPrefix,
  tryParseInterfaceAddress,
} from '@portolan/netfilter'

/** A network of this host that the kernel has. */
export interface NetworkUp {
  /** `shop/web` */
  readonly name: string
  /** What it has of addresses: on its interfaces, and routed to them. */
  readonly prefixes: readonly Prefix[]
}

/**
 * The networks of ours that are there, by the aliases of their interfaces: they are in use whatever leases say, which may
 * be lost. Interfaces of others are no networks of ours: `blockObstacles` tells what of them is in a block.
 *
 * @returns null: the interfaces of this host could not be read
 */
export const networksUp = ({ interfaces, routes = [] }: HostFacts): readonly NetworkUp[] | null =>
  interfaces?.flatMap((link): readonly NetworkUp[] => {
    const bridge = parseBridgeAlias(link.alias)
    const owner = bridge ?? parseEndpointAlias(link.alias)
    if (owner === null) return []
    const prefixes = [
      ...prefixesOf(link),
      ...Object.values(bridge?.isolated ?? {}).map((subnet) => parsePrefix(subnet)),
      ...routes.flatMap((route) => onLink(link, route)),
    ]
    return [{ name: `${owner.project}/${owner.network}`, prefixes }]
  }) ?? null

/** The names of those that are in some ranges, each once. Where interfaces could not be read, none is known. */
export const networksUpIn = (ranges: readonly string[], facts: HostFacts): readonly string[] => {
  const parsed = ranges.map((range) => parsePrefix(range))
  const inside = (networksUp(facts) ?? []).filter(({ prefixes }) =>
    prefixes.some((one) => parsed.some((range) => prefixesOverlap(one, range))),
  )
  return [...new Set(inside.map(({ name }) => name))]
}

const prefixesOf = ({ addresses = [] }: InterfaceFact): readonly Prefix[] =>
  addresses.flatMap((text) => {
    const found = tryParseInterfaceAddress(text)
    return found === null ? [] : [prefixAround(found.address, found.length)]
  })

/** An address that was taken from a bridge leaves routes to its containers behind, where a program made them. */
const onLink = (link: InterfaceFact, route: RouteFact): readonly Prefix[] => {
  if (route.interface !== link.name || (route.gateway ?? null) !== null) return []
  if ((route.type ?? 'unicast') !== 'unicast') return []
  const prefix = tryParseHostOrPrefix(route.destination ?? 'default')
  return prefix === null || prefix.length === 0 ? [] : [prefix]
}
