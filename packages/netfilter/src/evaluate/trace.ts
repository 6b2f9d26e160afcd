import type { NetfilterChain, NetfilterRule, NetfilterTable } from '../model/index.ts'
import type { PacketNumber } from './packet-number.ts'

/** One thing that acted on the packet, linked to the one before it, so that copies of a world share their past. */
export interface TraceStep {
  readonly before: TraceStep | null
  readonly hook: string
  readonly reply: boolean
  readonly packet: PacketNumber
  readonly table: NetfilterTable | null
  readonly chain: NetfilterChain | null
  /** Null: the policy; or it is not a rule that acted. */
  readonly rule: NetfilterRule | null
  readonly verdict: string
  /** What acted, where it is no rule: routing, a sysctl, the bridge. */
  readonly text: string | null
}
