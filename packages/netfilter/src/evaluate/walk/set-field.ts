import type { SetStep } from '../../model/index.ts'
import { wayOfZone } from '../../model/zone-target.ts'
import { learnReplaced } from '../learn/learn.ts'
import { withOrigin } from '../packet/origins.ts'
import type { World } from '../packet/world.ts'
import { isUnknown, type Reading, type UnknownValue, unknownValue } from '../value/reading.ts'
import type { Run } from './run.ts'

/** PACKET_OTHERHOST (include/uapi/linux/if_packet.h). */
const OTHER_HOST = 3

const known = (value: Reading): number | UnknownValue => (typeof value === 'number' ? value : unknownValue)

/**
 * Sets a value of a packet or its flow.
 *
 * @returns false when there is no entry or port to set it on, or when the kernel ignores the value
 */
export const setField = (
  run: Run,
  world: World,
  target: SetStep['target'],
  value: Exclude<Reading, undefined>,
): boolean => {
  switch (target) {
    case 'mark':
      world.mark = known(value)
      return true
    case 'ct-mark':
      if (world.tracking !== 'tracked') return false
      world.ctMark = known(value)
      return true
    case 'ct-zone':
    case 'ct-zone-original':
    case 'ct-zone-reply':
      // The kernel ignores a zone once there is an entry or another template (net/netfilter/nft_ct.c,
      // `nft_ct_set_zone_eval`).
      if (world.tracking !== 'pending') return false
      world.tracking = 'template'
      world.zone = known(value)
      world.zoneWay = wayOfZone(target)
      return true
    case 'hop-limit':
      world.hopLimit = known(value)
      return true
    case 'pkttype':
      if (typeof value !== 'number') return giveUp(run)
      // The kernel ignores other types (net/netfilter/nft_meta.c, `nft_meta_set_eval`).
      if (value > OTHER_HOST) return false
      world.packetType = value
      return true
    case 'saddr':
    case 'daddr':
      if (isUnknown(value) || typeof value === 'string') return giveUp(run)
      learnReplaced(world, world.origins[target], world[target], value)
      world[target] = value
      world.origins = withOrigin(world.origins, target, null)
      return true
    case 'sport':
    case 'dport':
      if (typeof value !== 'number') return giveUp(run)
      if (world[target] < 0) return false
      learnReplaced(world, world.origins[target], world[target], value)
      world[target] = value
      world.origins = withOrigin(world.origins, target, null)
      return true
  }
}

/** Gives up on an unknown value: the packet goes on unchanged, and the outcome is only possible. */
const giveUp = (run: Run): boolean => {
  run.truncated = true
  return true
}
