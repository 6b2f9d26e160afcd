import { conntrackStatus, protocolNumber } from '../../model/index.ts'
import { swapOrigins } from '../packet/origins.ts'
import type { Tuple, World, ZoneWay } from '../packet/world.ts'

const tupleOf = ({ saddr, daddr, sport, dport, origins }: World): Tuple => ({
  saddr,
  daddr,
  sport,
  dport,
  origins,
})

const swap = ({ saddr, daddr, sport, dport, origins }: Tuple): Tuple => ({
  saddr: daddr,
  daddr: saddr,
  sport: dport,
  dport: sport,
  origins: swapOrigins(origins),
})

/**
 * Connection tracking sees a packet: it belongs to an entry, makes one, or is invalid.
 *
 * @see net/netfilter/nf_conntrack_core.c `nf_conntrack_in`
 */
export const track = (world: World): void => {
  // A looped packet keeps its entry, and an untracked packet stays untracked.
  if (world.tracking !== 'pending' && world.tracking !== 'template') return
  const { answer } = world
  if (!world.reply) {
    if (world.original !== null) proceed(world, world.original)
    else if (world.given === 'invalid') world.tracking = 'none'
    else begin(world, world.given === 'established' || world.given === 'related' ? world.given : 'new')
    return
  }
  const belongs = answer !== null && isTuple(answer, world) && isInZone(world, 'reply')
  if (belongs) {
    world.tracking = 'tracked'
    world.state = 'established'
    return
  }
  // The answer belongs to no entry. SYN-ACK, INIT-ACK and echo replies open none (nf_conntrack_proto_tcp.c). A lone ACK
  // counts as a packet of an older connection (`tcp_new`, nf_conntrack_tcp_loose).
  const isDatagram = world.protocol === protocolNumber.udp || world.protocol === protocolNumber.udplite
  if (isDatagram || world.packet === 4) {
    world.reply = false
    world.status = 0
    world.boundSource = false
    world.boundDestination = false
    begin(world, 'new')
  } else world.tracking = 'none'
}

/**
 * Tracks a later packet of a direction: it belongs to the entry that an earlier packet made. Where no answer was seen,
 * the ACK of TCP's handshake is invalid (net/netfilter/nf_conntrack_proto_tcp.c: sIV in SYN_SENT), and any other packet
 * is still new.
 */
const proceed = (world: World, original: Tuple): void => {
  const belongs = isTuple(original, world) && isInZone(world, 'original')
  if (!belongs) {
    world.status = 0
    world.boundSource = false
    world.boundDestination = false
    begin(world, 'new')
    return
  }
  const isSeen = (world.status & conntrackStatus['seen-reply']) !== 0
  const isHandshake = world.protocol === protocolNumber.tcp && world.packet === 3
  world.tracking = isSeen || !isHandshake ? 'tracked' : 'none'
  world.state = isSeen ? 'established' : 'new'
}

const isTuple = (tuple: Tuple, { saddr, daddr, sport, dport }: World): boolean =>
  tuple.saddr === saddr && tuple.daddr === daddr && tuple.sport === sport && tuple.dport === dport

/** The zone that applies to a direction (include/net/netfilter/nf_conntrack_zones.h `nf_ct_zone_id`). */
const zoneIn = (zone: World['zone'], way: ZoneWay, direction: ZoneWay): World['zone'] =>
  way === 'both' || way === direction ? zone : 0

const isInZone = ({ zone, zoneWay, entryZone, entryZoneWay }: World, direction: ZoneWay): boolean =>
  zoneIn(zone, zoneWay, direction) === zoneIn(entryZone, entryZoneWay, direction)

const begin = (world: World, state: World['state']): void => {
  world.tracking = 'tracked'
  world.state = state
  world.original = tupleOf(world)
  world.answer = swap(world.original)
  world.entryZone = world.zone
  world.entryZoneWay = world.zoneWay
  if (state === 'established') {
    world.status = conntrackStatus['seen-reply'] | conntrackStatus.assured | conntrackStatus.confirmed
    world.boundSource = true
    world.boundDestination = true
  }
}
