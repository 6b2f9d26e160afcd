import type { PortOptions, PortsInput } from '@portolan/core'
import type { AddressInput, Protocol } from '@portolan/netfilter'

/**
 * What a host port leads to: an endpoint that was leased here, by name, or an address on any bridge of ours.
 * @public @since 0.1.0
 */
export type PublishTarget = (
  | { readonly endpoint: string; readonly network?: string }
  | { readonly address: AddressInput }
) & {
  /** A port, or as many as the host's side has. */
  readonly port: PortsInput
  /** Its share of new flows where there are several targets, 1 or more; 1 unless told. */
  readonly weight?: number
}

/**
 * A host port for containers, as an orchestrator asks for it while they come and go.
 * @example
 * const request: PublishRequest = { hostPort: 8080, to: { endpoint: 'web-1', port: 80 }, allowFrom: ['198.51.100.0/24'] }
 * await using host = await openHost({ backend: 'nftables', project: 'shop' })
 * await host.ensureNetwork('web', { pool: 'classic' })
 * await host.lease('web', 'web-1')
 * await host.publish(request)
 * @public @since 0.1.0
 */
export interface PublishRequest extends PortOptions {
  /** One target, or several that share new flows by weight. An endpoint on several networks: the one that is not internal. */
  readonly to: PublishTarget | readonly PublishTarget[]
  /**
   * Publish even though a process of the host listens on the port, which then no longer gets its clients, or the
   * host does not have `hostAddress` (yet).
   */
  readonly force?: boolean
}

/**
 * Host ports to take back: one by its socket, or all that lead to an endpoint or an address.
 * @example
 * const request: UnpublishRequest = { hostPort: 5353, protocol: 'udp' }
 * await using host = await openHost({ backend: 'nftables' })
 * await host.unpublish([request, { endpoint: 'web-1' }])
 * @public @since 0.1.0
 */
export type UnpublishRequest =
  | {
      readonly hostPort: PortsInput
      /** `tcp` unless told. */
      readonly protocol?: Protocol
      readonly hostAddress?: AddressInput | null
      readonly interface?: string | null
      /** Absent: both families, or that of `hostAddress`. */
      readonly family?: 'ip' | 'ip6'
    }
  | { readonly endpoint: string; readonly network?: string }
  | { readonly address: AddressInput; readonly port?: number }
