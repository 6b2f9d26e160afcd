import type { Family } from '@portolan/netfilter'
import type { RangeSet } from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredNetwork, DesiredOpening } from '../../contract/index.ts'
import type { Region } from './region.ts'

/**
 * The clients that open a flow, as the reachability contract names them (DESIGN, section 3).
 * - `machine`: another machine. `host`: a process on the host. `loopback`: the same, to 127.0.0.1.
 * - `itself`: the container, through a host port (hairpin). `sibling`: another on its bridge. `stranger`: one on
 *   another bridge.
 */
export type RowSource = 'machine' | 'host' | 'loopback' | 'itself' | 'sibling' | 'stranger'

/** One row of the contract for one mapping or network: a set of packets, and what is promised for them. */
export interface Row {
  readonly source: RowSource
  /** `direct`: to the container's own address. `egress`: to the outside. */
  readonly way: 'published' | 'direct' | 'egress'
  readonly family: Family
  /** IP protocol number. */
  readonly protocol: number
  readonly mapping: DesiredMapping | null
  readonly network: DesiredNetwork
  /** The interface its packets come in by; null: made on the host. */
  readonly in: string | null
  /** An interface that the world is behind, or one among others. */
  readonly isUplink: boolean
  readonly region: Region
  /** Its packets come from containers or guests of another engine, which may hide them behind the host. */
  readonly isFromEngine?: boolean
  /** Destinations that make the best example; they are looked at first. */
  readonly prefers: RangeSet | null
  /** Sources that do. */
  readonly prefersFrom?: RangeSet
  /** No packet of the row goes to its own source: a container reaches itself without the bridge. */
  readonly isApart?: true
  /** The entry of `links` or `reachable_from` that promises it. */
  readonly opens?: DesiredOpening
  /** The source address is the kernel's choice. */
  readonly choosesSource: boolean
  readonly expected: Expectation
}

/** Where a flow has to arrive. */
export type Expectation =
  | { readonly kind: 'delivered'; readonly to: readonly Place[]; readonly seenAs: SeenAs }
  /** To any address of the bridge that the packet names. */
  | { readonly kind: 'through'; readonly bridge: string; readonly seenAs: 'own' | 'gateway' }
  | { readonly kind: 'outside'; readonly seenAs: 'own' | 'host' }
  | Closed

/** Its packets may not leave the host by some interfaces. */
export interface Closed {
  readonly kind: 'closed'
  readonly because: ClosedBecause
  /** The interfaces. */
  readonly out: ReadonlySet<string>
  /** To these addresses; null: to any. */
  readonly to: RangeSet | null
}

/**
 * What the contract closes a row for.
 * - `allow-from`: the source is not among those that may. `address`, `interface`: the mapping is bound to another.
 * - `loopback`: a loopback address came over a wire. `forged`: a source of one of our subnets did not come from it.
 * - `unpublished`: the port of the container is not published. `icc`: containers of one network do not talk.
 * - `internal`: the network has no way to the outside.
 */
export type ClosedBecause =
  | 'allow-from'
  | 'address'
  | 'interface'
  | 'loopback'
  | 'forged'
  | 'unpublished'
  | 'icc'
  | 'internal'

/** `host`: some address of the host; `any`: the contract does not say. */
export type SeenAs = 'own' | 'host' | 'any' | 'gateway'

/** An endpoint as a flow finds it. */
export interface Place {
  readonly address: number | bigint
  readonly port: number
  readonly bridge: string
  /** What a neighbour on the same bridge is seen as. */
  readonly gateway: number | bigint | null
}
