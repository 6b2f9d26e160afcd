import type { Followed, Follower, FreeField, Learner, PacketField } from '@portolan/netfilter/analysis'
import { isSingleValue, noOrigins } from '@portolan/netfilter/analysis'
import { followFirst } from '../search/follow-first.ts'
import { freeFields, type Point, type Region } from '../search/region.ts'
import { startLearner } from '../search/start-learner.ts'
import type { Arriving } from './open-packets.ts'
import type { PortClass } from './own-ports.ts'

/**
 * Notes what the way of a packet hangs on.
 *
 * @param bounds - where the packets may be; how to ask a chain is planned for it
 * @param ports - what the packet speaks for, whichever of these ports it is sent to
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
    // The kernel chooses the source of what the host sends.
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

/** Follows a packet, as it comes in or is made on the host. */
export const followSuspect = (
  follower: Follower,
  { family, protocol, in: from }: Arriving,
  point: Point,
  learner: Learner,
): Followed =>
  // The kernel chooses the source of what the host sends.
  followFirst(follower, { family, protocol, in: from, choosesSource: from === null }, point, learner)
