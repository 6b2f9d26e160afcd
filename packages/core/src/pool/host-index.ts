import {
  type Address,
  type EngineNetworkFact,
  type HostFacts,
  type InterfaceAddress,
  type Prefix,
  parseHostOrPrefix,
  type RouteFact,
} from '@portolan/netfilter'
import { type BridgeOwner, parseBridgeAlias } from '../contract/index.ts'
import { type BlockIndex, indexTable, type OwnerOf } from './block-index.ts'
import { cloudReservations } from './cloud-addresses.ts'
import {
  addressReservations,
  isolatedReservations,
  nameserverReservations,
  networkReservations,
  networksByInterface,
} from './host-reservations.ts'
import { addPrefix, addText, prefixTable } from './prefix-columns.ts'
import type { AddressReservation, Reservation } from './reservation.ts'
import { leadsSomewhere, wholeDefaults } from './route-relevance.ts'

/**
 * A bridge whose own addresses and routes are kept apart from the index, because they do not count against the network
 * that the bridge carries.
 */
export interface BridgeApart {
  readonly name: string
  /** Null: the bridge is not one of ours. It belongs to an external network. */
  readonly owner: BridgeOwner | null
  readonly addresses: readonly InterfaceAddress[]
  /** The subnets of its families in mode `isolated`, in which the bridge has no address. */
  readonly isolated: readonly Prefix[]
  /** The on-link prefixes and the routes of the bridge. */
  readonly reservations: readonly Reservation[]
}

/**
 * The reserved ranges of a host, ready for searches. Building it reads every route once. Each pick after that takes a
 * few binary searches.
 * @public @since 0.1.0
 */
export interface HostIndex {
  readonly kind: 'host-index'
  /** @internal */
  readonly blocks: BlockIndex
  /**
   * The index without guesses: networks and resolvers that may not be in use. A guess may hide a prefix in use inside
   * it. It is built at the first call.
   * @internal
   */
  readonly inUse: () => BlockIndex
  /** @internal */
  readonly bridges: readonly BridgeApart[]
  readonly machineId: string
}

export const isHostIndex = (facts: HostFacts | HostIndex): facts is HostIndex =>
  'kind' in facts && facts.kind === 'host-index'

interface Links {
  readonly bridges: ReadonlyMap<string, BridgeApart & { readonly reservations: Reservation[] }>
  readonly others: readonly AddressReservation[]
}

const sortLinks = (
  facts: HostFacts,
  apart: ReadonlySet<string>,
  engines: ReadonlyMap<string, EngineNetworkFact>,
): Links => {
  const bridges = new Map<string, BridgeApart & { readonly reservations: Reservation[] }>()
  const others: AddressReservation[] = []
  for (const link of facts.interfaces ?? []) {
    const owner = parseBridgeAlias(link.alias)
    const isolated = owner === null ? [] : isolatedReservations(owner)
    const found = addressReservations(link, owner, engines.get(link.name ?? '') ?? null)
    const { name } = link
    if (name !== undefined && (owner !== null || apart.has(name))) {
      bridges.set(name, {
        name,
        owner,
        addresses: found.map(({ address }) => address),
        isolated: isolated.map(({ prefix }) => prefix),
        reservations: [...found, ...isolated],
      })
    } else {
      others.push(...found)
    }
  }
  return { bridges, others }
}

/**
 * The bridge that a route without gateway belongs to, as its on-link route or as the local route of its address; null:
 * none.
 */
const bridgeOfRoute = (
  links: Links,
  route: RouteFact,
): (BridgeApart & { reservations: Reservation[] }) | null => {
  // A route through a gateway leads beyond the bridge, to a network that is not the bridge's own.
  if ((route.gateway ?? null) !== null) return null
  const bridge = links.bridges.get(route.interface ?? '')
  if (bridge !== undefined || route.type !== 'local') return bridge ?? null
  // Some kernels show the local route of an IPv6 address on lo.
  const { base } = parseHostOrPrefix(route.destination ?? '')
  const has = ({ address }: { readonly address: Address }): boolean => address.value === base
  return [...links.bridges.values()].find(({ addresses }) => addresses.some(has)) ?? null
}

/**
 * Indexes what a host reserves, for planning more than once.
 *
 * @param bridges - names of bridges of external networks: their own addresses do not count against their network
 * @throws ParseError when an address, route or subnet of the facts cannot be read
 * @example
 * planSubnets(indexHost(facts), [{ network: 'web', family: 'ip' }])
 * @public @since 0.1.0
 */
export const indexHost = (facts: HostFacts, bridges: Iterable<string> = []): HostIndex => {
  const routes = facts.routes ?? []
  const engines = networksByInterface(facts)
  const links = sortLinks(facts, new Set(bridges), engines)
  const first = nameserverReservations(facts)
  const last = [...links.others, ...networkReservations(facts), ...cloudReservations]

  // Items are numbered through all three lists. If several items reserve the same prefix, the first one is the reason
  // given.
  const table = prefixTable(first.length + routes.length + last.length)
  for (const [at, { prefix }] of first.entries()) addPrefix(table, prefix, at)
  const whole = wholeDefaults(routes)
  for (let at = 0; at < routes.length; at += 1) {
    const route = routes[at]
    if (route?.destination === undefined || !leadsSomewhere(route, whole)) continue
    const bridge = links.bridges.size === 0 ? null : bridgeOfRoute(links, route)
    if (bridge !== null) {
      const network = engines.get(bridge.name) ?? null
      bridge.reservations.push({
        kind: 'route',
        prefix: parseHostOrPrefix(route.destination),
        route,
        network,
      })
    } else if (!addText(table, route.destination, first.length + at)) {
      // This call throws an error that says what is wrong: a typing error must not free a range.
      parseHostOrPrefix(route.destination, { source: '<routes>', line: at + 1, column: 1 })
    }
  }
  const beforeLast = first.length + routes.length
  const addLast = (from: number, to: number): void => {
    for (const [at, { prefix }] of last.slice(from, to).entries())
      addPrefix(table, prefix, beforeLast + from + at)
  }
  addLast(0, links.others.length)
  const used = { ip: { ...table.ip }, ip6: { ...table.ip6 } }
  addLast(links.others.length, last.length)

  const ownerOf: OwnerOf = (item, prefix) => {
    const route = routes[item - first.length]
    if (item < first.length) return first[item]
    return item < beforeLast && route !== undefined
      ? { kind: 'route', prefix, route, network: engines.get(route.interface ?? '') ?? null }
      : last[item - beforeLast]
  }
  let inUse: BlockIndex | null = null
  return {
    kind: 'host-index',
    blocks: indexTable(table, ownerOf),
    inUse: () => {
      inUse ??= indexTable(used, ownerOf)
      return inUse
    },
    bridges: [...links.bridges.values()],
    machineId: facts.machineId ?? '',
  }
}
