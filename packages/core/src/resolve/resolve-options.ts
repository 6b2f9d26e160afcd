import type { Wording } from '@portolan/netfilter'
import type { PublishedPort } from '../contract/index.ts'
import type { LeaseState } from '../lease/index.ts'
import type { HeldBlocks, Pool, ReservedRange } from '../pool/index.ts'

/** @public @since 0.1.0 */
export interface ResolveOptions {
  /** Tried in order for networks that name none; absent: `classic`, then `docker`, and an RFC 4193 prefix for IPv6. */
  readonly pools?: readonly Pool[]
  readonly reserve?: readonly (string | ReservedRange)[]
  readonly allow?: readonly string[]
  /** What this host has of a cluster, in place of the default pools; null, or absent: it is in none. */
  readonly blocks?: HeldBlocks | null
  /** What is leased already; absent: nothing. */
  readonly leases?: LeaseState
  /** Networks that get another subnet than the one they have. */
  readonly move?: readonly string[]
  /** What other projects have published on this host. */
  readonly others?: readonly PublishedPort[]
  /** Addresses that rules of other programs translate a destination to (DNAT): in use, though nothing else tells. */
  readonly translated?: readonly string[]
  /** Addresses that rules of this project lead to as the host is: its own containers answer there. */
  readonly own?: readonly string[]
  readonly guardForwarding?: boolean
  /** How messages name what the user may change; as the command does unless told. */
  readonly wording?: Wording
  /** A program holds the project, and no file says what is wanted of it; false unless told. */
  readonly isLive?: boolean
}
