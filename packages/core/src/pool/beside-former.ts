import { type Prefix, parsePrefix, prefixAround, samePrefix } from '@portolan/netfilter'
import { indexReservations } from './block-index.ts'
import type { Layer } from './blocks.ts'
import { firstFit, passFound, type Scan, scan4, scan6 } from './first-fit.ts'
import type { PlanState } from './plan-state.ts'
import type { PoolEntry } from './pool.ts'
import type { Reservation } from './reservation.ts'
import { bridgesOf } from './settled-subnet.ts'
import type { SubnetWish } from './subnet-request.ts'

/** Searches an entry of a pool for a subnet of a length. */
export type SearchBesideFormer = (entry: PoolEntry, length: number) => Prefix | null

/**
 * Searches a new subnet for a network that moves. The new subnet may overlap the one that the network leaves. The two
 * differ in size then, as in a block that was cut anew. This search is the last resort: containers keep their old
 * addresses until they are attached again.
 */
export const searchBesideFormer = (state: PlanState, request: SubnetWish): SearchBesideFormer => {
  const { host, options, certain, observed, layers } = state
  const own = bridgesOf(state, request)
  const isOwnLease = (one: Reservation): boolean =>
    one.kind === 'lease' && one.owner.project === options.project && one.owner.network === request.network
  const left = host.bridges
    .filter((bridge) => !own.includes(bridge) && options.removedBridges?.includes(bridge.name) !== true)
    .flatMap(({ reservations }) => reservations)
  const { ip, ip6 } = indexReservations([...certain.filter((one) => !isOwnLease(one)), ...left])
  const former = [
    ...own.flatMap(({ addresses, isolated }) => [
      ...addresses.map(({ address, length }) => prefixAround(address, length)),
      ...isolated,
    ]),
    ...(state.held.get(request.network) ?? []).map(({ subnet }) => parsePrefix(subnet)),
  ]
  const search = <T extends number | bigint>(
    scan: Scan<T>,
    reservedLayers: readonly Layer<T>[],
  ): Prefix | null => {
    for (;;) {
      const base = firstFit(scan, reservedLayers)
      if (base === null) return null
      const found = scan.toPrefix(base)
      if (!former.some((one) => samePrefix(one, found))) return found
      passFound(scan, found, request.network)
    }
  }
  return ({ prefix }, length) =>
    prefix.family === 'ip'
      ? search(scan4(prefix, length), [observed.ip, certainLayer(ip), ...layers.ip.slice(2)])
      : search(scan6(prefix, length), [observed.ip6, certainLayer(ip6), ...layers.ip6.slice(2)])
}

/** A layer of certain reservations: a range that the user allows does not free them. */
const certainLayer = <T extends number | bigint>(blocks: Layer<T>['blocks']): Layer<T> => ({
  blocks,
  allowed: { starts: [], ends: [] },
  grows: false,
})
