import type { OwnedNetwork } from '../contract/index.ts'

/**
 * What is known of a host whose rules another program has damaged.
 * @public @since 0.1.0
 */
export interface MendOptions<Rules> {
  /** The networks whose rules have to be there, as their bridges tell (`bridgeNetwork`). */
  readonly networks: readonly OwnedNetwork[]
  /** The rules as they were last read whole; null: never. */
  readonly known?: Rules | null
  /** What of the known rules may come back: what leads to a bridge or container that is gone stays away. */
  readonly presence?: HostPresence
  /** The interfaces by which containers leave the host (`outwardInterfaces`); absent: as was known, or else as the rules have it. */
  readonly leaving?: readonly string[] | null
}

/**
 * What a host has now.
 * @public @since 0.1.0
 */
export interface HostPresence {
  readonly hasInterface: (name: string) => boolean
  /** Is it in the subnet of an interface? */
  readonly hasSubnetOf: (address: string) => boolean
}

/**
 * What of ours a host should have.
 * @public @since 0.1.0
 */
export interface Mended<Rules> {
  /** Ours alone, to be handed to `diff`. */
  readonly ruleset: Rules
  /** What cannot be told any more, as sentences: the ruleset lets in less than it should, or more. */
  readonly lost: readonly string[]
}
