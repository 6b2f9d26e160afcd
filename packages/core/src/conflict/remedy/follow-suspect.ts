import type { Followed, Follower, FreeField, Learner, PacketField } from '@portolan/netfilter/analysis'
import { isSingleValue, noOrigins } from '@portolan/netfilter/analysis'
import { followFirst } from '../search/follow-first.ts'
import { freeFields, type Point, type Region } from '../search/region.ts'
import type { Arriving } from './open-packets.ts'

/**
 * Notes what the way of a packet hangs on.
 *
 * @param bounds - where the packets may be; how to ask a chain is planned for it
 */
export const learnerFor = ({ in: from }: Arriving, region: Region, point: Point, bounds: Region): Learner => {
  const values = new Map<FreeField, number | bigint>()
  const origins: Record<PacketField, FreeField | null> = { ...noOrigins }
  for (const field of freeFields) {
    // The kernel chooses the source of what the host sends.
    if (field === 'saddr' && from === null) continue
    if (isSingleValue(region[field])) continue
    origins[field] = field
    values.set(field, point[field])
  }
  return {
    origins,
    values,
    region: bounds,
    conditions: [],
    exclusions: [],
    speaksForOthers: false,
    leadsTo: null,
    alike: null,
    isLenient: false,
    blurred: false,
    skipsForeign: false,
    ignored: nothing,
    watched: null,
    hasActed: false,
    checks: null,
  }
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

const nothing: ReadonlySet<object> = new Set()
