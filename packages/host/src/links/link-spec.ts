import type { NamespaceReference, NetworkNamespace } from '../namespace/network-namespace.ts'

/**
 * A link to be made.
 * @public @since 0.1.0
 */
export interface LinkSpec {
  /** The name, 1 to 15 bytes. */
  readonly name: string
  /** Six bytes in hexadecimal with colons; absent: the kernel chooses an address. */
  readonly mac?: string
  /** In bytes, 68 to 65535; absent: the kernel's default, or the MTU of the parent. */
  readonly mtu?: number
  /** A remark of at most 255 bytes that `ip link` shows; only for a link of this namespace. */
  readonly alias?: string
  /** True: the link is up from the beginning; absent: false. */
  readonly up?: boolean
  /** The network namespace of the new link; absent: this one. The parent of a link is always in this one. */
  readonly netns?: NamespaceReference | Pick<NetworkNamespace, 'descriptor' | 'where'>
}

/**
 * How the macvlan links of one parent reach one another: `bridge` (directly), `vepa` (through the switch outside),
 * `private` (not at all), `passthru` (the only child takes over its parent).
 * @public @since 0.1.0
 */
export type MacvlanMode = 'bridge' | 'vepa' | 'private' | 'passthru'

/**
 * How the children of one ipvlan parent work: `l2` (they answer ARP), `l3` (the parent's host routes for them), `l3s`
 * (as `l3`, and the host's connection tracking sees them).
 * @public @since 0.1.0
 */
export type IpvlanMode = 'l2' | 'l3' | 'l3s'

/**
 * A macvlan link: it has its own MAC address on the wire of its parent.
 * @public @since 0.1.0
 */
export interface MacvlanSpec extends LinkSpec {
  readonly parent: string
  /** The mode; absent: `bridge`. */
  readonly mode?: MacvlanMode
}

/**
 * An ipvlan link: it shares the MAC address of its parent, so it takes no `mac`.
 * @public @since 0.1.0
 */
export interface IpvlanSpec extends Omit<LinkSpec, 'mac'> {
  readonly parent: string
  /** The mode; absent: `l2`. */
  readonly mode?: IpvlanMode
  /** How the children reach one another, as in macvlan; absent: `bridge`. */
  readonly flag?: 'bridge' | 'private' | 'vepa'
}

/**
 * A VLAN link: it carries the frames of its parent that have one tag (802.1Q).
 * @public @since 0.1.0
 */
export interface VlanSpec extends LinkSpec {
  readonly parent: string
  /** 1 to 4094. */
  readonly id: number
}
