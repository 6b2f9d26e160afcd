import type { PortOptions, PortsInput } from '@portolan/core'
import type { AddressInput, Protocol } from '@portolan/netfilter'

/**
 * The target of a host port: an endpoint that was leased here, by name, or an address on any bridge of Portolan.
 * @public @since 0.1.0
 */
export type PublishTarget = (
  | { readonly endpoint: string; readonly network?: string }
  | { readonly address: AddressInput }
) & {
  /** A port, or a range with as many ports as the host side has. */
  readonly port: PortsInput
  /** The target's share of new flows among several targets, 1 or more; default: 1. */
  readonly weight?: number
}

/**
 * A request for a host port that leads to containers.
 * @example
 * const request: PublishRequest = { hostPort: 8080, to: { endpoint: 'web-1', port: 80 }, allowFrom: ['198.51.100.0/24'] }
 * await using host = await openHost({ backend: 'nftables', project: 'shop' })
 * await host.ensureNetwork('web', { pool: 'classic' })
 * await host.lease('web', 'web-1')
 * await host.publish(request)
 * @public @since 0.1.0
 */
export interface PublishRequest extends PortOptions {
  /**
   * One target, or several that share new flows by weight. An endpoint on several networks is reached on one that is
   * not internal.
   */
  readonly to: PublishTarget | readonly PublishTarget[]
  /**
   * True: publish even when a process of the host listens on the port, or the host does not have `hostAddress` (yet).
   * That process then no longer gets its clients.
   */
  readonly force?: boolean
}

/**
 * Host ports to unpublish: one by its socket, or all that lead to an endpoint or an address.
 * @example
 * const request: UnpublishRequest = { hostPort: 5353, protocol: 'udp' }
 * await using host = await openHost({ backend: 'nftables' })
 * await host.unpublish([request, { endpoint: 'web-1' }])
 * @public @since 0.1.0
 */
export type UnpublishRequest =
  | {
      readonly hostPort: PortsInput
      /** Default: `tcp`. */
      readonly protocol?: Protocol
      readonly hostAddress?: AddressInput | null
      readonly interface?: string | null
      /** Absent: both families, or the family of `hostAddress`. */
      readonly family?: 'ip' | 'ip6'
    }
  | { readonly endpoint: string; readonly network?: string }
  | { readonly address: AddressInput; readonly port?: number }
