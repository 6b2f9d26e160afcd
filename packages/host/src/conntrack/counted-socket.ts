import type { Family, Protocol } from '@portolan/netfilter'

/**
 * A host socket to count the flows of, with its targets.
 * @public @since 0.1.0
 */
export interface CountedSocket {
  readonly family: Family
  readonly protocol: Protocol
  /** The host address that the flows were sent to; null: any address that no other socket with the same targets has. */
  readonly hostAddress: string | null
  readonly hostPort: number
  readonly targets: readonly { readonly address: string; readonly port: number }[]
}
