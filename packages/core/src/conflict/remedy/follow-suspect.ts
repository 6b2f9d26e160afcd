import type { Followed, Follower, FreeField, Learner, PacketField } from '@portolan/netfilter/analysis'
import { isSingleValue, noOrigins } from '@portolan/netfilter/analysis'
import { followFirst } from '../search/follow/follow-first.ts'
import { startLearner } from '../search/follow/start-learner.ts'
import { freeFields, type Point, type Region } from '../search/region/region.ts'
import type { Arriving } from './open-packets.ts'
import type { PortClass } from './own-ports.ts'

/**
 * Makes a learner that notes what the packet's way depends on.
 *
 * @param bounds - the region of all such packets; the way to evaluate a chain is planned for it
 * @param ports - the ports that the packet stands for, whichever of them it is sent to; null: none
 */
export const learnerFor = (
  { in: from }: Arriving,
  region: Region,
  point: Point,
  bounds: Region,
  ports: PortClass | null = null,
): Learner => {
  const values = new Map<FreeField, number | bigint>(ports?.valuesAt(point.dport))
  const origins: Record<PacketField, FreeField | null> = { ...noOrigins }
  for (const field of freeFields) {
    // The kernel chooses the source of packets that the host sends.
    if (field === 'saddr' && from === null) continue
    if (isSingleValue(region[field])) continue
    if (field === 'dport' && ports !== null) {
      origins.dport = 'hostPort'
      continue
    }
    origins[field] = field
    values.set(field, point[field])
  }
  return startLearner({
    origins,
    values,
    region: ports?.boundsIn(bounds) ?? bounds,
    speaksForOthers: ports !== null,
    leadsTo: ports?.leadsTo ?? null,
  })
}

/** Follows a packet that comes in or is made on the host. */
export const followSuspect = (
  follower: Follower,
  { family, protocol, in: from }: Arriving,
  point: Point,
  learner: Learner,
): Followed =>
  // The kernel chooses the source of packets that the host sends.
  followFirst(follower, { family, protocol, in: from, choosesSource: from === null }, point, learner)
