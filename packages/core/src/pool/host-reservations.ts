import type { EngineNetworkFact, HostFacts, InterfaceFact } from '@portolan/netfilter'
import {
  dropZone,
  type InterfaceAddress,
  parseAddress,
  parseHostOrPrefix,
  parseInterfaceAddress,
  parsePrefix,
  prefixAround,
} from '@portolan/netfilter'
import type { BridgeMark, BridgeOwner } from '../contract/index.ts'
import { tailnets } from '../engine/tailnet.ts'
import type { AddressReservation, Reservation } from './reservation.ts'
import { isIrrelevant } from './route-relevance.ts'

/**
 * The on-link prefixes of an interface, up or down.
 *
 * @param owner - the project and network of the bridge, if it is one of ours
 * @param network - the network of the interface, if another engine's file names it
 * @throws ParseError when an address cannot be read: a typing error must not free a range
 */
export const addressReservations = (
  link: InterfaceFact,
  owner: BridgeOwner | null,
  network: EngineNetworkFact | null,
): readonly AddressReservation[] =>
  (link.addresses ?? [])
    .map((text): AddressReservation => {
      const place = { source: `<address of ${link.name ?? 'an interface'}>`, line: 1, column: 1 }
      const address: InterfaceAddress = parseInterfaceAddress(text, place)
      const prefix = prefixAround(address.address, address.length)
      return {
        kind: 'address',
        prefix,
        interface: link.name ?? '',
        up: link.up ?? true,
        address,
        owner,
        network,
      }
    })
    .filter(({ prefix }) => !isIrrelevant(prefix))

/**
 * Reserves the subnets of a bridge's isolated families, in which the bridge has no address. A lease names them too,
 * unless it is lost.
 */
export const isolatedReservations = ({
  project,
  network,
  isolated = {},
}: BridgeMark): readonly Reservation[] =>
  Object.values(isolated).map((subnet) => ({
    kind: 'lease',
    prefix: parsePrefix(subnet),
    owner: { project, network },
  }))

/** @throws ParseError when an address cannot be read */
export const nameserverReservations = (facts: HostFacts): readonly Reservation[] =>
  (facts.nameservers ?? [])
    .map((text): Reservation => {
      const address = parseAddress(dropZone(text), { source: '<nameserver>', line: 1, column: 1 })
      return { kind: 'nameserver', prefix: prefixAround(address, address.family === 'ip' ? 32 : 128) }
    })
    .filter(({ prefix }) => !isIrrelevant(prefix))

/** @throws ParseError when a subnet cannot be read */
export const networkReservations = (facts: HostFacts): readonly Reservation[] =>
  [...(facts.networks ?? []), ...tailnets(facts)]
    .flatMap((network) =>
      (network.subnets ?? []).map((text): Reservation => {
        const place = { source: network.file ?? `<network ${network.name ?? ''}>`, line: 1, column: 1 }
        return { kind: 'network', prefix: parseHostOrPrefix(text, place), network }
      }),
    )
    .filter(({ prefix }) => !isIrrelevant(prefix))

/** The networks of other engines, by their interfaces. If two claim one interface, the first one counts. */
export const networksByInterface = (facts: HostFacts): ReadonlyMap<string, EngineNetworkFact> => {
  const networks = new Map<string, EngineNetworkFact>()
  for (const network of facts.networks ?? [])
    if (network.bridge !== undefined && !networks.has(network.bridge)) networks.set(network.bridge, network)
  return networks
}
