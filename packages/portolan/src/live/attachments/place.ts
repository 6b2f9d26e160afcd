import type { DesiredEndpoint, EndpointMark, EndpointOptions, LeasedParent } from '@portolan/core'
import type { Family } from '@portolan/netfilter'

/** A network as an endpoint needs it. */
export interface PlaceSubnet {
  readonly subnet: string
  readonly gateway: string | null
}

/** How an interface comes onto a network: over its bridge, or as a child of its parent. */
export type NetworkWay =
  | { readonly kind: 'bridge' }
  | ({ readonly kind: 'parent' } & Pick<LeasedParent, 'driver' | 'parent' | 'mtu'>)

/** Where an endpoint belongs, and the way to its addresses. */
export interface EndpointPlace {
  readonly mark: EndpointMark
  readonly way: NetworkWay
  readonly subnets: Readonly<Record<Family, PlaceSubnet | null>>
  readonly isInternal: boolean
  /** The addresses that it has already. */
  readonly known: DesiredEndpoint | null
  /** Of what it gave up, on a parent: an interface may have it still. */
  readonly formerMacs: readonly string[]
  /**
   * Leases its addresses.
   * @returns what gives up what this took
   */
  lease(
    options: EndpointOptions,
  ): Promise<{ readonly endpoint: DesiredEndpoint; readonly release: () => Promise<void> }>
}
