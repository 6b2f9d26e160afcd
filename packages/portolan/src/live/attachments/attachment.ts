import type { EndpointMark } from '@portolan/core'
import type { NetworkNamespace } from '@portolan/host'
import type { Family } from '@portolan/netfilter'

/** The wanted state of an endpoint in its namespace. */
export interface Attachment {
  readonly mark: EndpointMark
  /** The name of the interface inside. */
  readonly interface: string
  /** The options of the detach command in messages. */
  readonly detachOptions: string
  readonly mac: string
  /** The MAC that announces addresses (`InsideChange`); null: it cannot be set. */
  readonly announce: string | null
  readonly addresses: readonly InsideAddress[]
  /** Null: `defaultMetric` chooses it. */
  readonly metric: number | null
}

/** An address inside, with the default route of its family. */
export interface InsideAddress {
  readonly family: Family
  /** The address with the prefix length of the subnet. */
  readonly text: string
  readonly subnet: string
  /** Null: this network gives no default route. */
  readonly gateway: string | null
  /** The router of this network's default routes; null: it gives none. */
  readonly router: string | null
}

/** Creates the interface of an endpoint in a namespace: the veth pair of a bridge, or another kind. */
export interface InterfaceMaker {
  /**
   * Creates the interface, or repairs the host's part of an existing one, entirely or not at all.
   * @returns true when packets passed already. Otherwise neighbours may have forgotten the endpoint and must be told
   */
  make(namespace: NetworkNamespace): Promise<boolean>
  /** Waits until packets pass. Called after the interface inside is up. */
  settle(): Promise<void>
  /** Removes the interface if `make` created it. */
  undo(): Promise<void>
}
