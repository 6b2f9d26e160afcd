import type { NetfilterChain, NetfilterRule, NetfilterTable } from '../../model/index.ts'
import type { PacketNumber } from '../packet/packet-number.ts'
import type { Deed } from './deed.ts'
import type { KernelCause } from './kernel-cause.ts'

/** One event of a packet's path, linked to the event before it, so that copies of a world share their past. */
export interface TraceStep {
  readonly before: TraceStep | null
  readonly hook: string
  readonly reply: boolean
  readonly packet: PacketNumber
  readonly table: NetfilterTable | null
  readonly chain: NetfilterChain | null
  /** Null: the policy, or the kernel, acted. */
  readonly rule: NetfilterRule | null
  readonly deed: Deed
  /** Why it happened, where no rule acted: routing, a sysctl, the bridge. */
  readonly cause: KernelCause | null
}
