import type { Family, Protocol } from '@portolan/netfilter'

/**
 * A host port that a project already has on this host, as read from its rules.
 * @public @since 0.1.0
 */
export interface PublishedPort {
  readonly project: string
  readonly label: string
  readonly family: Family
  readonly protocol: Protocol
  readonly hostAddress: string | null
  readonly hostPort: number
  readonly interface: string | null
  /** Where it leads; several when weighted. */
  readonly targets: readonly { readonly address: string; readonly port: number }[]
  /**
   * The connections that the rules have translated since they were written: a translation meets the first packet of each
   * alone. Absent where rules do not count, or their counters were not read.
   */
  readonly newConnections?: number
  /** It is for some clients only (`allowFrom`); which these are is not told. */
  readonly limited?: true
}
