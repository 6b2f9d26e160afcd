import type { NamespaceReference, NetworkNamespace } from '../namespace/network-namespace.ts'

/**
 * A link to be made.
 * @public @since 0.1.0
 */
export interface LinkSpec {
  /** 1 to 15 bytes. */
  readonly name: string
  /** Six bytes in hexadecimal, colons between; one of the kernel's choice when absent. */
  readonly mac?: string
  /** In bytes, 68 to 65535; the kernel's own (of a child: its parent's) when absent. */
  readonly mtu?: number
  /** A remark of at most 255 bytes that `ip link` shows; only for a link of this namespace. */
  readonly alias?: string
  /** Up from the beginning; false when absent. */
  readonly up?: boolean
  /** The network namespace that it is made in; this one when absent. The parent of a link is always of this one. */
  readonly netns?: NamespaceReference | Pick<NetworkNamespace, 'descriptor' | 'where'>
}

/**
 * How macvlan links of one parent reach one another: `bridge` (each other directly), `vepa` (by way of the switch
 * outside), `private` (not at all), `passthru` (the only child takes over its parent).
 * @public @since 0.1.0
 */
export type MacvlanMode = 'bridge' | 'vepa' | 'private' | 'passthru'

/**
 * What the children of one ipvlan parent are: `l2` (they answer ARP), `l3` (routed by the parent's host), `l3s` (so that
 * the host's connection tracking sees them).
 * @public @since 0.1.0
 */
export type IpvlanMode = 'l2' | 'l3' | 'l3s'

/**
 * A macvlan link: an address of its own on the wire of its parent.
 * @public @since 0.1.0
 */
export interface MacvlanSpec extends LinkSpec {
  readonly parent: string
  /** `bridge` when absent. */
  readonly mode?: MacvlanMode
}

/**
 * An ipvlan link: it shares the MAC address of its parent, so it takes no `mac`.
 * @public @since 0.1.0
 */
export interface IpvlanSpec extends Omit<LinkSpec, 'mac'> {
  readonly parent: string
  /** `l2` when absent. */
  readonly mode?: IpvlanMode
  /** How the children reach one another: as in macvlan; `bridge` when absent. */
  readonly flag?: 'bridge' | 'private' | 'vepa'
}

/**
 * A VLAN link: the frames of its parent that have one tag (802.1Q).
 * @public @since 0.1.0
 */
export interface VlanSpec extends LinkSpec {
  readonly parent: string
  /** 1 to 4094. */
  readonly id: number
}
