import { containsPrefix, formatPrefix, type HostFacts, type Prefix, parsePrefix } from '@portolan/netfilter'
import { checkOptions } from '@portolan/netfilter/schema'
import { subnetPlanOptions } from './check-subnet-plan.ts'
import { overlapping } from './find-overlaps.ts'
import { indexHost } from './host-index.ts'
import { startPlan } from './plan-state.ts'
import { type Collision, collisionWith } from './rejection.ts'
import type { Reservation } from './reservation.ts'
import { deviceOf } from './reservation-holder.ts'
import type { SubnetPlanOptions } from './subnet-request.ts'

/** Returns the part of the host that collides with a block; null: nothing does. */
export type BlockObstacle = (block: string) => Collision | null

/**
 * Finds what on a host collides with blocks of a cluster, as for subnets: routes, addresses, nameservers, networks of
 * other engines, leases and reserved ranges. This host's own parts inside a block do not collide: bridges and leases of
 * its networks, and its routes to blocks of other hosts.
 *
 * @returns a function for one block at a time; of several collisions it returns the one with the widest prefix
 * @throws ParseError when an address, route or range cannot be read
 * @example
 * const inTheWay = blockObstacles({ routes: [{ destination: '10.64.0.0/13', interface: 'wg0' }] })
 * inTheWay('10.66.31.0/24')?.overlaps // '10.64.0.0/13'
 * inTheWay('10.72.0.0/24') // null
 * @public @since 0.1.0
 */
export const blockObstacles = (
  facts: HostFacts,
  options: Pick<SubnetPlanOptions, 'reserve' | 'allow' | 'leases'> = {},
): BlockObstacle => {
  const { reserve, allow, leases } = subnetPlanOptions
  checkOptions(options, { reserve, allow, leases }, 'the options of blockObstacles')
  const foreign = (facts.routes ?? []).filter(({ protocol }) => protocol !== 'portolan')
  const host = indexHost({ ...facts, routes: foreign })
  const state = startPlan(host, [], [], options)
  const own = new Set(host.bridges.map(({ name }) => name))
  const isOwn = (block: Prefix, reservation: Reservation): boolean =>
    (reservation.kind === 'lease' || own.has(deviceOf(reservation) ?? '')) &&
    containsPrefix(block, reservation.prefix)
  return (text) => {
    const block = parsePrefix(text)
    const request = { network: formatPrefix(block), family: block.family }
    const found = overlapping(state, request, block, new Map(), []).filter((one) => !isOwn(block, one))
    const widest = found.toSorted((one, other) => one.prefix.length - other.prefix.length)[0]
    return widest === undefined ? null : collisionWith(widest)
  }
}
