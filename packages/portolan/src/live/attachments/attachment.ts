import type { EndpointMark } from '@portolan/core'
import type { NetworkNamespace } from '@portolan/host'
import type { Family } from '@portolan/netfilter'

/** An endpoint as it is to be in its namespace. */
export interface Attachment {
  readonly mark: EndpointMark
  /** The interface inside. */
  readonly interface: string
  /** The command that takes it off, for messages. */
  readonly detachOptions: string
  readonly mac: string
  /** The MAC that announces addresses (`InsideChange`); null: it cannot be set. */
  readonly announce: string | null
  readonly addresses: readonly InsideAddress[]
  /** Null: as `defaultMetric` says. */
  readonly metric: number | null
}

/** An address inside, and the way out of its family. */
export interface InsideAddress {
  readonly family: Family
  /** With the prefix length of the subnet. */
  readonly text: string
  readonly subnet: string
  /** Null: no default route of this network. */
  readonly gateway: string | null
  /** What default routes of this network lead by; null: it gives none. */
  readonly router: string | null
}

/**
 * The way an interface comes into a namespace: the veth pair of a bridge, or one of another kind.
 */
export interface InterfaceMaker {
  /**
   * Makes it, or mends what is here of one that is there, all or nothing.
   * @returns did packets pass already? Where not, its neighbours may have given it up, and have to be told
   */
  make(namespace: NetworkNamespace): Promise<boolean>
  /** Waits until packets pass, once it is up inside. */
  settle(): Promise<void>
  /** Removes it, where `make` made it anew. */
  undo(): Promise<void>
}
