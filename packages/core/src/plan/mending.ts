import type { OwnedNetwork } from '../contract/index.ts'

/**
 * Facts of a host whose rules another program has damaged.
 * @public @since 0.1.0
 */
export interface MendOptions<Rules> {
  /** The networks whose rules must exist, as their bridges describe them (`bridgeNetwork`). */
  readonly networks: readonly OwnedNetwork[]
  /** The last complete reading of the rules; null: there is none. */
  readonly known?: Rules | null
  /** What the host has now. Known rules for a bridge or container that is gone do not come back. */
  readonly presence?: HostPresence
  /**
   * The interfaces by which containers leave the host (`outwardInterfaces`); absent: those of `known`, or else of the
   * rules.
   */
  readonly leaving?: readonly string[] | null
}

/**
 * Says what a host has now.
 * @public @since 0.1.0
 */
export interface HostPresence {
  readonly hasInterface: (name: string) => boolean
  /** Is the address in the subnet of an interface? */
  readonly hasSubnetOf: (address: string) => boolean
}

/**
 * The managed rules that a host should have.
 * @public @since 0.1.0
 */
export interface Mended<Rules> {
  /** The managed rules alone, for `diff`. */
  readonly ruleset: Rules
  /** Sentences about rules that cannot be known any more: the ruleset then lets in less than it should, or more. */
  readonly lost: readonly string[]
}
