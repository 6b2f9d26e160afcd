import type { Follower } from '@portolan/netfilter/analysis'
import type { Region } from '../search/region/region.ts'
import type { Arriving } from './open-packets.ts'
import type { OwnPorts } from './own-ports.ts'

/** Packets that a remedy may let through. */
export interface Suspects extends Arriving {
  readonly region: Region
}

/** A host with the rules of remedies, and the packets that these may let through. */
export interface Judged {
  /** The host with the rules of the remedies. */
  readonly follower: Follower
  /** The rules of the remedies. Without them, the host is as it was. */
  readonly inserted: ReadonlySet<object>
  /** The rules of the remedies, and the rules and policies that the remedies pass by. */
  readonly passedBy: ReadonlySet<object>
  /** The packets that the contract lets through. */
  readonly open: (packets: Arriving) => readonly Region[]
  readonly ownPorts: OwnPorts
  /** Called for each kind of packets; false: no more are followed, for this remedy or any other. */
  readonly mayFollow: () => boolean
}
