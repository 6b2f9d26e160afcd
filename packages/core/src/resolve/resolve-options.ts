import type { Wording } from '@portolan/netfilter'
import type { PublishedPort } from '../contract/index.ts'
import type { LeaseState } from '../lease/index.ts'
import type { HeldBlocks, Pool, ReservedRange } from '../pool/index.ts'

/** @public @since 0.1.0 */
export interface ResolveOptions {
  /**
   * Pools for networks that name none, tried in order; absent: `classic`, then `docker`, and an RFC 4193 prefix for
   * IPv6.
   */
  readonly pools?: readonly Pool[]
  readonly reserve?: readonly (string | ReservedRange)[]
  readonly allow?: readonly string[]
  /** The blocks of this host in its cluster, used instead of the default pools; null or absent: it is in no cluster. */
  readonly blocks?: HeldBlocks | null
  /** The present leases; absent: none. */
  readonly leases?: LeaseState
  /** Networks that should get another subnet than their present one. */
  readonly move?: readonly string[]
  /** Ports that other projects have published on this host. */
  readonly others?: readonly PublishedPort[]
  /**
   * Addresses to which rules of other programs translate a destination (DNAT). They are in use, even if nothing else
   * says so.
   */
  readonly translated?: readonly string[]
  /** Addresses to which this project's present rules lead: its own containers answer there. */
  readonly own?: readonly string[]
  readonly guardForwarding?: boolean
  /** How messages name what the user may change; by default as the command does. */
  readonly wording?: Wording
  /** A program holds the project, and no file says what it should be; false by default. */
  readonly isLive?: boolean
}
