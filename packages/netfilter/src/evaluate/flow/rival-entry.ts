import { type Direction, type World, zoneIn } from '../packet/world.ts'

/**
 * Whether a second entry has, for the packets that it expects as replies, the tuple of an earlier entry in the same
 * zone. The kernel gives the second flow another source port, or drops its first packet as the entry is confirmed
 * (net/netfilter/nf_nat_core.c `nf_nat_used_tuple`, nf_conntrack_core.c `__nf_conntrack_confirm`). Both are lost for
 * the other end of the flow. On Linux 6.18, with chains of nat and without, no such packet arrived.
 *
 * The addresses are not compared here: both entries are of packets of one flow, which have arrived as they should.
 *
 * @param direction - the direction of the earlier entry with that tuple
 */
export const isRival = (second: World, earlier: World, direction: Direction): boolean => {
  if (second.tracking !== 'tracked' || second.original === null || earlier.original === null) return false
  const theirs = zoneIn(earlier.entryZone, earlier.entryZoneWay, direction)
  // The bucket is that of the reply. The zones are compared in the direction of the entry that is found there
  // (`nf_ct_key_equal`).
  return (
    zoneIn(second.entryZone, second.entryZoneWay, 'reply') === theirs &&
    zoneIn(second.entryZone, second.entryZoneWay, direction) === theirs &&
    typeof theirs === 'number'
  )
}
