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
  /** The targets of the port; several when weighted. */
  readonly targets: readonly { readonly address: string; readonly port: number }[]
  /**
   * How many connections the rules have translated since they were written: a translation rule sees only the first
   * packet of a connection. Absent: the rules do not count, or their counters were not read.
   */
  readonly newConnections?: number
  /** Only some clients may use the port (`allowFrom`). Which ones is not told. */
  readonly limited?: true
}
