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

/** A conntrack entry's one direction. */
export interface Tuple {
  readonly saddr: number | bigint
  readonly daddr: number | bigint
  readonly sport: number
  readonly dport: number
  readonly origins: Origins
}

/**
 * Where the packet stands with connection tracking. `pending`: not seen yet; `template`: neither, but a zone was chosen,
 * and a stand-in for the entry holds it; `none`: invalid.
 */
export type Tracking = 'pending' | 'template' | 'tracked' | 'untracked' | 'none'

export type ZoneWay = 'both' | 'original' | 'reply'

/**
 * One course that things may take: a packet, its flow's entry, and the way it came. It changes as the packet goes
 * on, and is copied where the way forks; nothing outside `evaluate` ever sees one.
 */
export interface World {
  readonly family: Family
  readonly protocol: number
  /** What conntrack is to make of the first packet. */
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
  /** Where a learner has its addresses and ports from. */
  origins: Origins
  in: Link | null
  out: Link | null
  port: Link | null
  /** br_netfilter shows it to the IP hooks. */
  viaBridge: boolean
  /** The bridge switches it, from port to port. */
  bridged: boolean
  mark: number | UnknownValue
  packetType: number
  /** The TTL that a rule has given it; null: what its sender chose, which is enough. */
  hopLimit: number | UnknownValue | null
  /** `lo` carries it: already translated, tracked and routed. */
  looped: boolean
  hook: Hook
  route: Route | null
  /** The routing rule that led to the route, as a text; null where every host has that rule. */
  routedBy: string | null

  tracking: Tracking
  state: 'new' | 'established' | 'related'
  reply: boolean
  original: Tuple | null
  /** What the reply will look like as it comes in. */
  answer: Tuple | null
  status: number
  ctMark: number | UnknownValue
  zone: number | UnknownValue
  /** The directions of a flow that the zone counts for. */
  zoneWay: ZoneWay
  /** The zone its entry was made in. */
  entryZone: number | UnknownValue
  entryZoneWay: ZoneWay
  boundSource: boolean
  boundDestination: boolean
  /** What the source port may have become. */
  sourcePorts: readonly [number, number] | null
  tproxy: boolean
  /** Another way was found within OUTPUT, by which it leaves. */
  rerouted: Link | null
  /** Where an answer leaves when hand-written facts have no route for it: by the way the question came. */
  readonly returnBy: Link | null

  /** Learns what the packet's way depends on; null: not wanted. */
  readonly learner: Learner | null

  /** It hangs on something unknown that is not a matter of chance. */
  unknown: boolean
  /** Something unknown may have taken it elsewhere: it is the course in which that did not match. */
  doubted: boolean
  /** Of several addresses to translate to, the kernel takes this one for other clients only. */
  isOfOthers: boolean
  trace: TraceStep | null
}

export const copyWorld = (world: World): World => ({ ...world })

const sameTuple = (a: Tuple | null, b: Tuple | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.saddr === b.saddr &&
    a.daddr === b.daddr &&
    a.sport === b.sport &&
    a.dport === b.dport &&
    sameOrigins(a.origins, b.origins))

/** Would everything from here on be the same? The way they came does not matter. */
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
  a.tproxy === b.tproxy &&
  a.looped === b.looped &&
  a.rerouted === b.rerouted &&
  a.bridged === b.bridged

/** One course is taken if a match that cannot be evaluated holds, the other if it does not. */
export const part = (taken: World, other: World): void => {
  taken.unknown = true
  other.doubted = true
}

/** Adds a world to a list unless its like is there; of two, the one that hangs on nothing unknown stays. */
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
