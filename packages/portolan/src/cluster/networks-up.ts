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

/** A network of this host that exists in the kernel. */
export interface NetworkUp {
  /** `shop/web` */
  readonly name: string
  /** The addresses of its interfaces, and the destinations routed to them. */
  readonly prefixes: readonly Prefix[]
}

/**
 * The networks of Portolan that exist now, found by the aliases of their interfaces. They are in use even when their
 * leases are lost. Interfaces of other programs are not listed here; `blockObstacles` finds those.
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

/** The names of the networks that are up in some ranges, each once. Empty when the interfaces could not be read. */
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

/**
 * The destinations that an interface reaches without a gateway. After an address was removed from a bridge, routes to
 * its containers may remain that another program made.
 */
const onLink = (link: InterfaceFact, route: RouteFact): readonly Prefix[] => {
  if (route.interface !== link.name || (route.gateway ?? null) !== null) return []
  if ((route.type ?? 'unicast') !== 'unicast') return []
  const prefix = tryParseHostOrPrefix(route.destination ?? 'default')
  return prefix === null || prefix.length === 0 ? [] : [prefix]
}
