import type { DesiredRoute } from '@portolan/core'
import type { IpvlanSpec, MacvlanSpec, VlanSpec } from './link-spec.ts'

/**
 * A bridge to be made.
 * @public @since 0.1.0
 */
export interface BridgeSpec extends BridgeChange {
  /** 1 to 15 bytes. */
  readonly name: string
  /** Its project and network, as `bridgeAlias` of core writes them. */
  readonly alias: string
  /** Six bytes in hexadecimal, colons between; a random, locally administered one when absent. */
  readonly mac?: string
  /** With prefix lengths: `172.17.42.1/16`, `fd00::1/64`. */
  readonly addresses: readonly string[]
}

/**
 * What to change about a bridge; what is absent stays.
 * @public @since 0.1.0
 */
export interface BridgeChange {
  readonly alias?: string
  /** Once set, the bridge keeps it; without, the kernel lowers it to that of the smallest port. */
  readonly mtu?: number
  /** Frames between ports of the bridge pass the IPv4 hooks. Acts where br_netfilter is loaded. */
  readonly nfCallIptables?: boolean
  /** The same for IPv6. */
  readonly nfCallIp6tables?: boolean
}

/**
 * What to change about a port of a bridge; what is absent stays.
 * @public @since 0.1.0
 */
export interface PortChange {
  /** Frames may leave by the port they came in by. */
  readonly hairpin?: boolean
  /** Frames do not pass to other isolated ports. */
  readonly isolated?: boolean
}

/**
 * A veth pair to be made: one end here, a port of a bridge, and the other in another network namespace.
 * @public @since 0.1.0
 */
export interface VethSpec {
  /** Of the end here, 1 to 15 bytes. */
  readonly name: string
  /** Its endpoint, as `endpointAlias` of core writes it. */
  readonly alias: string
  readonly bridge: string
  readonly port: PortChange
  /** Of both ends, in bytes. */
  readonly mtu: number
  readonly peer: {
    readonly name: string
    /** Six bytes in hexadecimal, colons between. */
    readonly mac: string
    /** A descriptor of the namespace, open in this process. */
    readonly namespace: number
    /** The namespace in words, for messages. */
    readonly where: string
  }
}

/**
 * What the kernel tells of the host's end of a veth pair.
 * @public @since 0.1.0
 */
export interface EndpointLink {
  readonly alias: string
  readonly kind: string
  /** Both ends are up, and packets pass. */
  readonly carries: boolean
  /** They were at any time since the link was made (Linux 4.16; before it, not known and false). */
  readonly hasCarried: boolean
  /** The number of the namespace that the other end is in, as `namespaceNumber` gives it; null: in this one. */
  readonly namespace: number | null
}

/**
 * Changes links of this network namespace over one netlink socket. Every method needs CAP_NET_ADMIN; those that
 * change several things do it in as few system calls as the kernel allows, so a process killed on its way leaves
 * what the next plan recognises and mends.
 *
 * @throws PermissionError from every method, without CAP_NET_ADMIN
 * @throws ApplyError from every method, when the kernel refuses; its `stderr` names the errno
 * @throws InvalidRequestError from every method, for a name or an address that cannot be one
 * @public @since 0.1.0
 */
export interface Links {
  /**
   * Makes a bridge that forwards at once (no spanning tree, forward delay 0), with its addresses, and sets it up.
   * IPv6 addresses skip duplicate address detection, and IPv6 is switched on for the bridge where
   * `net.ipv6.conf.default.disable_ipv6` is 1. What was made is removed again when a later step fails.
   */
  createBridge(bridge: BridgeSpec): Promise<void>
  changeBridge(name: string, change: BridgeChange): Promise<void>
  /**
   * Deletes one of our bridges (its alias names portolan; any other is refused). Its ports are released first and
   * stay as they are, up or down. A bridge that is not there is no error.
   */
  deleteBridge(name: string): Promise<void>
  /** A child of an interface with a MAC address of its own, here or directly in another network namespace. */
  createMacvlan(link: MacvlanSpec): Promise<void>
  /** A child of an interface that shares its MAC address, here or directly in another network namespace. */
  createIpvlan(link: IpvlanSpec): Promise<void>
  /** Whether a macvlan of an interface is up with a MAC address, in whatever network namespace it is. */
  hasChild(parent: string, mac: string): Promise<boolean>
  /** The frames of an interface that have one tag, as an interface of their own. */
  createVlan(link: VlanSpec): Promise<void>
  /** Deletes one of our VLAN links (its alias names portolan; any other is refused). One that is not there is no error. */
  deleteVlan(name: string): Promise<void>
  /** Sets an interface up or down. */
  setUp(name: string, up: boolean): Promise<void>
  /**
   * Adds an address with its prefix length; one that is there already is no error. What cannot be an interface's address is
   * refused: the unspecified one, multicast, that of a network or its broadcast address, loopback elsewhere.
   */
  addAddress(name: string, address: string): Promise<void>
  /** Removes an address with its prefix length; one that is not there is no error. */
  removeAddress(name: string, address: string): Promise<void>
  /**
   * Makes a route to a block of another host, marked as Portolan's by its protocol. One of Portolan's for that destination
   * is replaced at one stroke; where another program made one that the kernel takes for the same, it is refused.
   */
  setRoute(route: DesiredRoute): Promise<void>
  /**
   * Removes the route of Portolan's to a block; one of another program stays, and one that is not there is no error.
   * @param via - its gateway: a hop that another program appended to it stays then
   */
  deleteRoute(destination: string, via?: string | null): Promise<void>
  /**
   * Makes an interface a port of a bridge and sets it up. Repeating it changes nothing; a port of another bridge
   * is refused.
   */
  attachPort(interfaceName: string, bridge: string, port: PortChange): Promise<void>
  setPort(interfaceName: string, change: PortChange): Promise<void>
  /** Takes an interface out of its bridge; it stays up. */
  detachPort(interfaceName: string): Promise<void>
  /**
   * Makes a veth pair, its other end in another namespace under its final name, and sets the end here up as a port of a
   * bridge. The other end stays down. What was made is removed again when a later step fails.
   *
   * @throws ApplyError when a name is taken, here or there
   */
  createVeth(veth: VethSpec): Promise<void>
  /**
   * Reads the host's end of a veth pair, or any other link; null: it is not there. Since Linux 6.8 a port that got its
   * carrier forwards once this returns.
   */
  readEndpointLink(name: string): Promise<EndpointLink | null>
  /**
   * Deletes the host's end of an endpoint's veth pair, and with it the other end (its alias names an endpoint; any other
   * interface is refused). One that is not there is no error.
   */
  deleteEndpointLink(name: string): Promise<void>
  /**
   * The number that this network namespace has for another one; null: it has none yet.
   * @param namespace - a descriptor, open in this process
   */
  namespaceNumber(namespace: number): Promise<number | null>
  /**
   * Is the network namespace of that number in use? The links of one that has ended stay until the kernel takes them away.
   * @param number - as `readEndpointLink` tells it
   */
  hasNamespace(number: number): Promise<boolean>
  close(): void
}
