import type { SourcePosition } from '@portolan/netfilter'
import type { EndpointIntent } from './endpoint-intent.ts'

/**
 * How containers share an interface of the host.
 * - `macvlan`: each has a MAC address of its own. `bridge`: they reach one another directly; `vepa`: by way of the
 *   switch outside; `private`: not at all; `passthru`: the only one takes the interface over.
 * - `ipvlan`: all have the MAC address of the interface. `l2`: they answer ARP; `l3` and `l3s`: they are routed, and
 *   answer none. The flag says how they reach one another, as in macvlan.
 * @example
 * const driver: ParentedDriver = { kind: 'macvlan', mode: 'bridge' }
 * driver.kind // 'macvlan'
 * @public @since 0.1.0
 */
export type ParentedDriver =
  | { readonly kind: 'macvlan'; readonly mode: 'bridge' | 'vepa' | 'private' | 'passthru' }
  | {
      readonly kind: 'ipvlan'
      readonly mode: 'l2' | 'l3' | 'l3s'
      readonly flag: 'bridge' | 'private' | 'vepa'
    }

/**
 * A network on an interface of the host, its parent, without a bridge. Its containers are machines on the wire of the
 * parent. No port is published there, and no rule is written for it.
 * @public @since 0.1.0
 */
export interface ParentedNetworkIntent {
  /** The key under `networks`; no other network of the project has it. */
  readonly name: string
  readonly driver: ParentedDriver
  /** The interface, 1 to 15 bytes. `eth1.100`, where there is none of that name, is made: VLAN 100 on eth1. */
  readonly parent: string
  /** Its containers get no gateway. */
  readonly internal: boolean
  readonly mtu: number | null
  /** Names or `CIDR:size` of the pools to pick from, in order; null: the caller's default. */
  readonly pools: readonly string[] | null
  /** Null when the network has no IPv4 (`enable_ipv4: false`). */
  readonly ip: ParentedSubnetIntent | null
  /** Null unless `enable_ipv6`. */
  readonly ip6: ParentedSubnetIntent | null
  readonly endpoints: readonly EndpointIntent[]
  readonly place: SourcePosition | null
}

/** @public @since 0.1.0 */
export interface ParentedSubnetIntent {
  /** Canonical CIDR, mostly that of the parent itself; null: picked from a pool. */
  readonly subnet: string | null
  /** The router on the wire; null: the one that the host has there, or else the first address. */
  readonly gateway: string | null
  /** Addresses are handed out inside this prefix only. */
  readonly ipRange: string | null
}
