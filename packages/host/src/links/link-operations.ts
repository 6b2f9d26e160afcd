import type { Links } from './links.ts'
import type { NamespacePlace } from './namespace-place.ts'

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
  readonly netns?: NamespacePlace
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

/**
 * Links of every kind, beside what Portolan itself needs of a host. As with `Links`, what the kernel refuses is an
 * `ApplyError` that names the errno, and what cannot be one is an `InvalidRequestError` before anything is changed.
 *
 * @example
 * const links = openLinks()
 * await links.createVlan({ name: 'eth1.100', parent: 'eth1', id: 100, up: true })
 * await links.createMacvlan({ name: 'eth0', parent: 'eth1.100', netns: { pid: 4242 }, up: true })
 * links.close()
 * @public @since 0.1.0
 */
export interface LinkOperations extends Links {
  /** A link that drops what it is sent. A kernel without CONFIG_DUMMY has none, which the error says. */
  createDummy(link: LinkSpec): Promise<void>
  createMacvlan(link: MacvlanSpec): Promise<void>
  createIpvlan(link: IpvlanSpec): Promise<void>
  createVlan(link: VlanSpec): Promise<void>
  /** Deletes a link that some program made, of whatever kind; one that is not there is no error. */
  deleteLink(name: string): Promise<void>
  /** Gives a link another name. Kernels before 6.2 refuse it while the link is up. */
  renameLink(name: string, to: string): Promise<void>
  setMac(name: string, mac: string): Promise<void>
  /** In bytes, 68 to 65535. */
  setMtu(name: string, mtu: number): Promise<void>
  /**
   * Moves a link to another network namespace, under another name if one is given. The kernel sets it down there, and
   * its addresses and routes are gone.
   */
  moveLink(name: string, netns: NamespacePlace, as?: string): Promise<void>
}
