import type { ParentedDriver } from '../intent/index.ts'
import type { DesiredEndpoint } from './desired-endpoint.ts'

/**
 * A network on an interface of the host, with every choice made.
 * @public @since 0.1.0
 */
export interface DesiredParentedNetwork {
  readonly name: string
  readonly driver: ParentedDriver
  /** The host's interface that the containers share. */
  readonly parent: string
  readonly mtu: number | null
  readonly ip: DesiredParentedSubnet | null
  readonly ip6: DesiredParentedSubnet | null
  readonly endpoints: readonly DesiredEndpoint[]
}

/** @public @since 0.1.0 */
export interface DesiredParentedSubnet {
  readonly subnet: string
  /** A router on the wire, not this host; null: none is known, or the network is internal. */
  readonly gateway: string | null
}
