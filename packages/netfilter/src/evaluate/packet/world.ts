import type { Family } from '../../address/index.ts'
import type { Hook } from '../../model/index.ts'
import type { PacketState } from '../../packet/index.ts'
import type { Learner } from '../learn/learner.ts'
import type { Link } from '../route/link.ts'
import type { Route } from '../route/route-table.ts'
import type { TraceStep } from '../trace/trace.ts'
import type { UnknownValue } from '../value/reading.ts'
import { type Origins, sameOrigins } from './origins.ts'
import type { PacketNumber } from './packet-number.ts'

/** One direction of a conntrack entry. */
export interface Tuple {
  readonly saddr: number | bigint
  readonly daddr: number | bigint
  readonly sport: number
  readonly dport: number
  readonly origins: Origins
}

/**
 * The state of a packet in connection tracking. `pending`: not seen yet. `template`: not seen yet, but a rule chose a
 * zone, which a template entry holds. `none`: invalid.
 */
export type Tracking = 'pending' | 'template' | 'tracked' | 'untracked' | 'none'

export type Direction = 'original' | 'reply'

export type ZoneWay = 'both' | Direction

/**
 * One possible course: a packet, the conntrack entry of its flow, and its path so far. The world changes as the packet
 * goes on, and is copied where the path forks.
 */
export interface World {
  readonly family: Family
  readonly protocol: number
  /** The conntrack state that the caller gave the first packet. */
  readonly given: PacketState
  readonly packet: PacketNumber
  readonly tcpFlags: number
  readonly icmpType: number
  readonly icmpCode: number
  saddr: number | bigint
  daddr: number | bigint
  /** -1: the protocol has no ports. */
  sport: number
  dport: number
  /** The free fields that the addresses and ports come from, for a learner. */
  origins: Origins
  in: Link | null
  out: Link | null
  port: Link | null
  /** Whether br_netfilter passes the packet to the IP hooks. */
  viaBridge: boolean
  /** Whether the bridge switches the packet, from port to port. */
  bridged: boolean
  mark: number | UnknownValue
  packetType: number
  /** The TTL that a rule has set; null: the TTL of the sender, which is large enough. */
  hopLimit: number | UnknownValue | null
  /** Whether `lo` carries the packet: it is already translated, tracked and routed. */
  looped: boolean
  hook: Hook
  route: Route | null
  /** The routing rule that led to the route, as a text; null where every host has that rule. */
  routedBy: string | null

  tracking: Tracking
  state: 'new' | 'established' | 'related'
  reply: boolean
  original: Tuple | null
  /** The addresses and ports of a reply as it comes in. */
  answer: Tuple | null
  status: number
  ctMark: number | UnknownValue
  zone: number | UnknownValue
  /** The directions of a flow that the zone applies to. */
  zoneWay: ZoneWay
  /** The zone that the flow's entry was made in. */
  entryZone: number | UnknownValue
  entryZoneWay: ZoneWay
  boundSource: boolean
  boundDestination: boolean
  /** The range that the translated source port lies in; null: no range. */
  sourcePorts: readonly [number, number] | null
  tproxy: boolean
  /** The interface that a second routing decision within OUTPUT chose; null: there was none. */
  rerouted: Link | null
  /** The interface of the question. An answer leaves by it when hand-written facts have no route for the answer. */
  readonly returnBy: Link | null

  /** Learns what the packet's path depends on; null: nothing is learned. */
  readonly learner: Learner | null

  /** Whether this course depends on an unknown result that is not random. */
  unknown: boolean
  /** Whether an unknown match could have led elsewhere: in this course it did not hold. */
  doubted: boolean
  /** Whether the kernel chooses this translation for other clients only. */
  isOfOthers: boolean
  trace: TraceStep | null
}

/** The zone that applies to a direction (include/net/netfilter/nf_conntrack_zones.h `nf_ct_zone_id`). */
export const zoneIn = (zone: World['zone'], way: ZoneWay, direction: Direction): World['zone'] =>
  way === 'both' || way === direction ? zone : 0

/**
 * Copies a world. This and every other function that makes worlds names all fields, in the order of `openFlow`, because
 * V8 reads objects of one shape faster. With spread syntax a search for conflicts took some 7 % more processor time.
 */
export const copyWorld = (world: World): World => ({
  family: world.family,
  protocol: world.protocol,
  given: world.given,
  packet: world.packet,
  tcpFlags: world.tcpFlags,
  icmpType: world.icmpType,
  icmpCode: world.icmpCode,
  saddr: world.saddr,
  daddr: world.daddr,
  sport: world.sport,
  dport: world.dport,
  origins: world.origins,
  in: world.in,
  out: world.out,
  port: world.port,
  viaBridge: world.viaBridge,
  bridged: world.bridged,
  mark: world.mark,
  packetType: world.packetType,
  hopLimit: world.hopLimit,
  looped: world.looped,
  hook: world.hook,
  route: world.route,
  routedBy: world.routedBy,
  tracking: world.tracking,
  state: world.state,
  reply: world.reply,
  original: world.original,
  answer: world.answer,
  status: world.status,
  ctMark: world.ctMark,
  zone: world.zone,
  zoneWay: world.zoneWay,
  entryZone: world.entryZone,
  entryZoneWay: world.entryZoneWay,
  boundSource: world.boundSource,
  boundDestination: world.boundDestination,
  sourcePorts: world.sourcePorts,
  tproxy: world.tproxy,
  rerouted: world.rerouted,
  returnBy: world.returnBy,
  learner: world.learner,
  unknown: world.unknown,
  doubted: world.doubted,
  isOfOthers: world.isOfOthers,
  trace: world.trace,
})

const sameTuple = (a: Tuple | null, b: Tuple | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.saddr === b.saddr &&
    a.daddr === b.daddr &&
    a.sport === b.sport &&
    a.dport === b.dport &&
    sameOrigins(a.origins, b.origins))

const sameRange = (a: World['sourcePorts'], b: World['sourcePorts']): boolean =>
  a === b || (a !== null && b !== null && a[0] === b[0] && a[1] === b[1])

/** Whether two worlds go on in the same way. Their past does not matter. */
export const sameWorld = (a: World, b: World): boolean =>
  a.saddr === b.saddr &&
  a.daddr === b.daddr &&
  a.sport === b.sport &&
  a.dport === b.dport &&
  sameOrigins(a.origins, b.origins) &&
  a.mark === b.mark &&
  a.out === b.out &&
  a.packetType === b.packetType &&
  a.tracking === b.tracking &&
  a.state === b.state &&
  a.reply === b.reply &&
  sameTuple(a.answer, b.answer) &&
  sameTuple(a.original, b.original) &&
  a.status === b.status &&
  a.ctMark === b.ctMark &&
  a.zone === b.zone &&
  a.zoneWay === b.zoneWay &&
  a.hopLimit === b.hopLimit &&
  a.boundSource === b.boundSource &&
  a.boundDestination === b.boundDestination &&
  sameRange(a.sourcePorts, b.sourcePorts) &&
  a.tproxy === b.tproxy &&
  a.looped === b.looped &&
  a.rerouted === b.rerouted &&
  a.bridged === b.bridged

/** Parts two courses: in `taken` a match that cannot be evaluated holds, in `other` it does not. */
export const part = (taken: World, other: World): void => {
  taken.unknown = true
  other.doubted = true
}

/** Adds a world to a list unless its equal is there. Of two equal worlds, one that depends on nothing unknown stays. */
export const addWorld = (worlds: World[], world: World): void => {
  const at = worlds.findIndex((other) => sameWorld(other, world))
  const like = worlds[at]
  if (like === undefined) worlds.push(world)
  else if (like.unknown && !world.unknown) worlds[at] = world
  else if (like.unknown === world.unknown) {
    like.doubted &&= world.doubted
    like.isOfOthers &&= world.isOfOthers
  }
}
