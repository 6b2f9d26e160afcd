import type { Follower } from '@portolan/netfilter/analysis'
import type { Region } from '../search/region.ts'
import type { Arriving } from './open-packets.ts'
import type { OwnPorts } from './own-ports.ts'

/** Packets that a remedy may let through. */
export interface Suspects extends Arriving {
  readonly region: Region
}

/** A host with the rules of remedies, and what they may do. */
export interface Judged {
  /** With the rules of the remedies. */
  readonly follower: Follower
  /** These rules: without them the host is as it was. */
  readonly inserted: ReadonlySet<object>
  /** The same, and the rules and policies that the remedies are there to pass by. */
  readonly passedBy: ReadonlySet<object>
  /** What the contract lets through. */
  readonly open: (packets: Arriving) => readonly Region[]
  readonly ownPorts: OwnPorts
  /** Asked for each kind of packets; false: no more of them are followed, for this remedy or any other. */
  readonly mayFollow: () => boolean
}
