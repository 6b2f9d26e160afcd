import type { SourcePosition } from '@portolan/netfilter'
import type { EndpointIntent } from './endpoint-intent.ts'

/**
 * How containers share an interface of the host.
 * - `macvlan`: each container has a MAC address of its own. In mode `bridge` containers reach each other directly; in
 *   `vepa` through the switch outside; in `private` not at all. In `passthru` a single container takes over the
 *   interface.
 * - `ipvlan`: all containers have the MAC address of the interface. In mode `l2` they answer ARP. In `l3` and `l3s`
 *   they are routed, and do not answer ARP. The flag says how they reach each other, as in macvlan.
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
 * A network on an interface of the host, its parent, without a bridge. Its containers are machines on the parent's
 * wire. Portolan publishes no port there, and writes no rule for it.
 * @public @since 0.1.0
 */
export interface ParentedNetworkIntent {
  /** The key under `networks`, unique among all networks of the project. */
  readonly name: string
  readonly driver: ParentedDriver
  /** The interface, 1 to 15 bytes. If `eth1.100` does not exist, Portolan makes it: VLAN 100 on eth1. */
  readonly parent: string
  /** True: its containers get no gateway. */
  readonly internal: boolean
  readonly mtu: number | null
  /** Pools to pick from, in order, by name or as `CIDR:size`; null: the caller's default. */
  readonly pools: readonly string[] | null
  /** Null when the network has no IPv4 (`enable_ipv4: false`). */
  readonly ip: ParentedSubnetIntent | null
  /** Null when the network has no IPv6 (`enable_ipv6` is not true). */
  readonly ip6: ParentedSubnetIntent | null
  readonly endpoints: readonly EndpointIntent[]
  readonly place: SourcePosition | null
}

/** @public @since 0.1.0 */
export interface ParentedSubnetIntent {
  /** Canonical CIDR, usually that of the parent itself; null: picked from a pool. */
  readonly subnet: string | null
  /** The router on the wire; null: the host's own router there, or else the first address. */
  readonly gateway: string | null
  /** Only addresses inside this prefix are leased; null: any address of the subnet. */
  readonly ipRange: string | null
}
