import type { Family } from '../address/index.ts'
import type { Hook, Protocol } from '../model/index.ts'

/**
 * Packets of one family, described by their fields at some hooks. Null: any value. A translated flow has other fields
 * before and after the translation, and takes two boxes.
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
  /** Interfaces that the packets come in by; an empty name for packets that this host makes itself. */
  readonly in: readonly string[] | null
  /** Interfaces that the packets leave by. */
  readonly out: readonly string[] | null
}
