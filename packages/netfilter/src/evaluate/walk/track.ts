import { conntrackStatus, protocolNumber } from '../../model/index.ts'
import { swapOrigins } from '../packet/origins.ts'
import { type Direction, part, type Tuple, type World, zoneIn } from '../packet/world.ts'
import { isUnknown } from '../value/reading.ts'
import { MAYBE, NO, type Truth, YES } from '../value/truth.ts'
import { fork, type Run } from './run.ts'

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
 * Connection tracking sees a packet: it belongs to an entry, makes one, or is invalid. If a zone is not known, both
 * courses are followed.
 *
 * @returns the worlds that go on
 * @see net/netfilter/nf_conntrack_core.c `nf_conntrack_in`
 */
export const track = (run: Run, world: World): World[] => {
  // A looped packet keeps its entry, and an untracked packet stays untracked.
  if (world.tracking !== 'pending' && world.tracking !== 'template') return [world]
  const belongs = isOfEntry(world)
  const other = belongs === MAYBE ? fork(run, world) : null
  trackAs(world, belongs === YES)
  if (other === null) return [world]
  trackAs(other, true)
  part(other, world)
  return [world, other]
}

/** Whether a packet belongs to the entry that an earlier packet made. */
const isOfEntry = (world: World): Truth => {
  const [tuple, way] = world.reply ? [world.answer, 'reply' as const] : [world.original, 'original' as const]
  return tuple !== null && isTuple(tuple, world) ? isInZone(world, way) : NO
}

const trackAs = (world: World, belongs: boolean): void => {
  if (!world.reply) {
    if (world.original !== null) proceed(world, belongs)
    else if (world.given === 'invalid') world.tracking = 'none'
    else begin(world, world.given === 'established' || world.given === 'related' ? world.given : 'new')
    return
  }
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
const proceed = (world: World, belongs: boolean): void => {
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

const isInZone = ({ zone, zoneWay, entryZone, entryZoneWay }: World, direction: Direction): Truth => {
  const own = zoneIn(zone, zoneWay, direction)
  const theirs = zoneIn(entryZone, entryZoneWay, direction)
  if (isUnknown(own) || isUnknown(theirs)) return MAYBE
  return own === theirs ? YES : NO
}

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
