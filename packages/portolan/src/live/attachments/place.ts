import type { DesiredEndpoint, EndpointMark, EndpointOptions, LeasedParent } from '@portolan/core'
import type { Family } from '@portolan/netfilter'

/** The subnet of a network, as an endpoint needs it. */
export interface PlaceSubnet {
  readonly subnet: string
  readonly gateway: string | null
}

/** The kind of a network's interfaces: ports of its bridge, or children of its parent. */
export type NetworkWay =
  | { readonly kind: 'bridge' }
  | ({ readonly kind: 'parent' } & Pick<LeasedParent, 'driver' | 'parent' | 'mtu'>)

/** The network of an endpoint, and how its addresses are leased. */
export interface EndpointPlace {
  readonly mark: EndpointMark
  readonly way: NetworkWay
  readonly subnets: Readonly<Record<Family, PlaceSubnet | null>>
  readonly isInternal: boolean
  /** The endpoint with the addresses that it holds already; null: it holds none. */
  readonly known: DesiredEndpoint | null
  /** On a parent: the MACs of addresses that the endpoint gave up. An interface may still have them. */
  readonly formerMacs: readonly string[]
  /**
   * Leases the addresses of the endpoint.
   * @returns the endpoint, and a function that releases what this call leased
   */
  lease(
    options: EndpointOptions,
  ): Promise<{ readonly endpoint: DesiredEndpoint; readonly release: () => Promise<void> }>
}
