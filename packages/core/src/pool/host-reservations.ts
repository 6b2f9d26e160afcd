import {
  dropZone,
  firstAddress,
  type InterfaceAddress,
  type Prefix,
  parseAddress,
  parseHostOrPrefix,
  parseInterfaceAddress,
  prefixAround,
} from '../address/index.ts'
import { type BridgeOwner, type HostFacts, type InterfaceFact, parseBridgeAlias } from '../facts/index.ts'
import { cloudReservations } from './cloud-addresses.ts'
import type { AddressReservation, Reservation } from './reservation.ts'
import { isIrrelevant, routesThatMatter } from './route-relevance.ts'

/**
 * A bridge whose own addresses and routes are looked at apart, because they do not count against the network
 * that it carries.
 */
export interface BridgeApart {
  readonly name: string
  /** Null when it is not one of ours: the bridge of an external network. */
  readonly owner: BridgeOwner | null
  readonly addresses: readonly InterfaceAddress[]
  /** Its on-link prefixes and routes. */
  readonly reservations: readonly Reservation[]
}

/** What a host reserves, its own and the bridges set apart. */
export interface HostReservations {
  readonly reservations: readonly Reservation[]
  readonly bridges: readonly BridgeApart[]
}

const addressReservations = (link: InterfaceFact, owner: BridgeOwner | null): AddressReservation[] =>
  (link.addresses ?? [])
    .map((text): AddressReservation => {
      const address = parseInterfaceAddress(text, {
        source: `<address of ${link.name ?? 'an interface'}>`,
        line: 1,
        column: 1,
      })
      const prefix = prefixAround(address.address, address.length)
      return { kind: 'address', prefix, interface: link.name ?? '', up: link.up ?? true, address, owner }
    })
    .filter(({ prefix }) => !isIrrelevant(prefix))

const nameserverReservations = (facts: HostFacts): Reservation[] =>
  (facts.nameservers ?? [])
    .map((text): Reservation => {
      const address = parseAddress(dropZone(text), { source: '<nameserver>', line: 1, column: 1 })
      return { kind: 'nameserver', prefix: prefixAround(address, address.family === 'ip' ? 32 : 128) }
    })
    .filter(({ prefix }) => !isIrrelevant(prefix))

const networkReservations = (facts: HostFacts): Reservation[] =>
  (facts.networks ?? []).flatMap((network) =>
    (network.subnets ?? []).map((text): Reservation => {
      const place = { source: network.file ?? `<network ${network.name ?? ''}>`, line: 1, column: 1 }
      return { kind: 'network', prefix: parseHostOrPrefix(text, place), network }
    }),
  )

/** The kernel's local route of a bridge's own address: iproute2 may show it on lo. */
const isLocalOf = (bridges: ReadonlyMap<string, readonly AddressReservation[]>, prefix: Prefix): boolean => {
  const address = firstAddress(prefix)
  for (const own of bridges.values()) {
    if (own.some((entry) => entry.address.address.value === address.value)) return true
  }
  return false
}

/**
 * Everything on the host that a subnet may not overlap, in the order in which reasons are named when several
 * reserve the same prefix.
 *
 * @param apart - names of bridges, besides our own, whose addresses and routes are looked at apart
 * @throws ParseError when an address, route or subnet of the facts cannot be read
 */
export const hostReservations = (facts: HostFacts, apart: ReadonlySet<string>): HostReservations => {
  const owners = new Map<string, BridgeOwner | null>()
  const own = new Map<string, readonly AddressReservation[]>()
  const addresses: Reservation[] = []
  for (const link of facts.interfaces ?? []) {
    const owner = parseBridgeAlias(link.alias)
    const found = addressReservations(link, owner)
    if (link.name !== undefined && (owner !== null || apart.has(link.name))) {
      owners.set(link.name, owner)
      own.set(link.name, found)
    } else {
      addresses.push(...found)
    }
  }
  const routes: Reservation[] = []
  const ownRoutes = new Map<string, Reservation[]>()
  for (const { route, prefix } of routesThatMatter(facts.routes ?? [])) {
    const reservation: Reservation = { kind: 'route', prefix, route }
    const device = route.interface ?? ''
    // A route through a gateway leads beyond the bridge, to a network that is not the bridge's own.
    if (own.has(device) && (route.gateway ?? null) === null) {
      ownRoutes.set(device, [...(ownRoutes.get(device) ?? []), reservation])
    } else if (route.type !== 'local' || !isLocalOf(own, prefix)) {
      routes.push(reservation)
    }
  }
  return {
    reservations: nameserverReservations(facts).concat(
      routes,
      addresses,
      networkReservations(facts),
      cloudReservations,
    ),
    bridges: [...owners].map(([name, owner]) => ({
      name,
      owner,
      addresses: (own.get(name) ?? []).map(({ address }) => address),
      reservations: [...(own.get(name) ?? []), ...(ownRoutes.get(name) ?? [])],
    })),
  }
}
