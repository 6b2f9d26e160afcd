import type { Family } from '../address/index.ts'
import type { Hook, Protocol } from '../model/index.ts'

/**
 * Packets of one family, told by what they look like at some hooks. Null: any. A flow that is translated looks
 * different before and after it, and takes two of these.
 * @public @since 0.1.0
 */
export interface PacketBox {
  readonly family: Family
  readonly hooks: readonly Hook[] | null
  readonly protocols: readonly Protocol[] | null
  /** Addresses and prefixes, as text. */
  readonly sources: readonly string[] | null
  /** Addresses and prefixes, as text. */
  readonly destinations: readonly string[] | null
  /** Destination ports. */
  readonly ports: readonly number[] | null
  /** Interfaces they come in by; an empty name for what this host makes itself. */
  readonly in: readonly string[] | null
  /** Interfaces they leave by. */
  readonly out: readonly string[] | null
}
