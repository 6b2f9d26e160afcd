import type { Family } from '@portolan/netfilter'
import type { RangeSet } from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredNetwork, DesiredOpening } from '../../../contract/index.ts'
import type { Region } from '../region/region.ts'

/**
 * The clients that open a flow, as the reachability contract names them (DESIGN, section 3).
 * - `machine`: another machine. `host`: a process on the host. `loopback`: the same, to 127.0.0.1.
 * - `itself`: the container itself, through a host port (hairpin). `sibling`: another container on its bridge.
 *   `stranger`: a container on another bridge.
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
  /** The interface that the packets come in by; null: they are made on the host. */
  readonly in: string | null
  /** The row's interface leads to the outside world, or is one of several that do. */
  readonly isUplink: boolean
  readonly region: Region
  /** The packets come from containers or guests of another engine, which may masquerade them as the host. */
  readonly isFromEngine?: boolean
  /** Destinations that make the best example. They are followed first. */
  readonly prefers: RangeSet | null
  /** Sources that make the best example. */
  readonly prefersFrom?: RangeSet
  /** No packet of the row goes to its own source: a container reaches itself without the bridge. */
  readonly isApart?: true
  /** The entry of `links` or `reachable_from` that promises this row. */
  readonly opens?: DesiredOpening
  /** The kernel chooses the source address. */
  readonly choosesSource: boolean
  readonly expected: Expectation
}

/** The promise of a row: where a flow must arrive. */
export type Expectation =
  | { readonly kind: 'delivered'; readonly to: readonly Place[]; readonly seenAs: SeenAs }
  /** To any address on the bridge that the packet names. */
  | { readonly kind: 'through'; readonly bridge: string; readonly seenAs: 'own' | 'gateway' }
  | { readonly kind: 'outside'; readonly seenAs: 'own' | 'host' }
  | Closed

/** The promise of a closed row: its packets may not leave the host by some interfaces. */
export interface Closed {
  readonly kind: 'closed'
  readonly because: ClosedBecause
  /** The interfaces that the packets may not leave by. */
  readonly out: ReadonlySet<string>
  /** The destinations that are closed there; null: any. */
  readonly to: RangeSet | null
}

/**
 * The reason why the contract closes a row.
 * - `allow-from`: the source is not one that may connect. `address`, `interface`: the mapping is bound to another.
 * - `loopback`: a loopback address came over a wire. `forged`: a source of one of Portolan's subnets did not come from
 *   it.
 * - `unpublished`: the port of the container is not published. `icc`: containers of one network may not talk.
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

/** The source that the receiver sees. `host`: some address of the host; `any`: the contract does not say. */
export type SeenAs = 'own' | 'host' | 'any' | 'gateway'

/** A target as a flow reaches it. */
export interface Place {
  readonly address: number | bigint
  readonly port: number
  readonly bridge: string
  /** The source that the target sees for a neighbour on the same bridge. */
  readonly gateway: number | bigint | null
}
