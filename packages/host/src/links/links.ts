import type { DesiredRoute } from '@portolan/core'
import type { IpvlanSpec, MacvlanSpec, VlanSpec } from './link-spec.ts'

/**
 * A bridge to be made.
 * @public @since 0.1.0
 */
export interface BridgeSpec extends BridgeChange {
  /** 1 to 15 bytes. */
  readonly name: string
  /** The project and network of the bridge, as `bridgeAlias` of core writes them. */
  readonly alias: string
  /** Six bytes in hexadecimal with colons; absent: a random, locally administered address. */
  readonly mac?: string
  /** The addresses with prefix lengths: `172.17.42.1/16`, `fd00::1/64`. */
  readonly addresses: readonly string[]
}

/**
 * The changes to a bridge. An absent value stays as it is.
 * @public @since 0.1.0
 */
export interface BridgeChange {
  readonly alias?: string
  /**
   * The MTU in bytes. A bridge keeps an MTU that was set. Otherwise the kernel lowers it to that of the smallest port.
   */
  readonly mtu?: number
  /** Frames between ports of the bridge pass the IPv4 hooks. Acts where br_netfilter is loaded. */
  readonly nfCallIptables?: boolean
  /** The same for the IPv6 hooks. */
  readonly nfCallIp6tables?: boolean
}

/**
 * The changes to a port of a bridge. An absent value stays as it is.
 * @public @since 0.1.0
 */
export interface PortChange {
  /** Frames may leave through the port they came in by. */
  readonly hairpin?: boolean
  /** Frames do not pass to other isolated ports. */
  readonly isolated?: boolean
}

/**
 * A veth pair to be made: one end here, a port of a bridge, and the other in another network namespace.
 * @public @since 0.1.0
 */
export interface VethSpec {
  /** The name of the end here, 1 to 15 bytes. */
  readonly name: string
  /** The endpoint of the pair, as `endpointAlias` of core writes it. */
  readonly alias: string
  readonly bridge: string
  readonly port: PortChange
  /** The MTU of both ends, in bytes. */
  readonly mtu: number
  readonly peer: {
    readonly name: string
    /** Six bytes in hexadecimal with colons. */
    readonly mac: string
    /** A descriptor of the namespace, open in this process. */
    readonly namespace: number
    /** The namespace in words, for messages. */
    readonly where: string
  }
}

/**
 * What the kernel reports about the host's end of a veth pair.
 * @public @since 0.1.0
 */
export interface EndpointLink {
  readonly alias: string
  readonly kind: string
  /** Both ends are up, and packets pass. */
  readonly carries: boolean
  /** Both ends were up at some time since the link was made (Linux 4.16; an earlier kernel does not say: false). */
  readonly hasCarried: boolean
  /** The number of the namespace of the other end, as `namespaceNumber` gives it; null: this namespace. */
  readonly namespace: number | null
}

/**
 * Changes links of this network namespace over one netlink socket. Every method needs CAP_NET_ADMIN. A method that
 * changes several things uses as few system calls as the kernel allows. The next plan recognises and repairs what a
 * killed process leaves.
 *
 * @throws PermissionError from every method, without CAP_NET_ADMIN
 * @throws ApplyError from every method, when the kernel refuses; its `stderr` names the errno
 * @throws InvalidRequestError from every method, for an impossible name or address
 * @public @since 0.1.0
 */
export interface Links {
  /**
   * Makes a bridge that forwards at once (no spanning tree, forward delay 0), with its addresses, and sets it up. IPv6
   * addresses skip duplicate address detection. IPv6 is switched on for the bridge where
   * `net.ipv6.conf.default.disable_ipv6` is 1. The bridge is removed again when a later step fails.
   */
  createBridge(bridge: BridgeSpec): Promise<void>
  changeBridge(name: string, change: BridgeChange): Promise<void>
  /**
   * Deletes one of Portolan's bridges (its alias names portolan; any other is refused). Its ports are released first
   * and stay as they are, up or down. A missing bridge is no error.
   */
  deleteBridge(name: string): Promise<void>
  /** Makes a child with its own MAC address on an interface, here or directly in another network namespace. */
  createMacvlan(link: MacvlanSpec): Promise<void>
  /**
   * Makes a child of an interface that shares the interface's MAC address, here or directly in another network
   * namespace.
   */
  createIpvlan(link: IpvlanSpec): Promise<void>
  /** Tells whether a macvlan of an interface is up with this MAC address, in whatever network namespace. */
  hasChild(parent: string, mac: string): Promise<boolean>
  /** Makes an interface that carries the frames of its parent with one VLAN tag. */
  createVlan(link: VlanSpec): Promise<void>
  /**
   * Deletes one of Portolan's VLAN links (its alias names portolan; any other is refused). A missing link is no error.
   */
  deleteVlan(name: string): Promise<void>
  /** Sets an interface up or down. */
  setUp(name: string, up: boolean): Promise<void>
  /**
   * Adds an address with its prefix length. An address that the interface has already is no error. An address that no
   * interface can have is refused: the unspecified one, multicast, a network's own or broadcast address, and loopback
   * on another interface than loopback.
   */
  addAddress(name: string, address: string): Promise<void>
  /** Removes an address with its prefix length. A missing address is no error. */
  removeAddress(name: string, address: string): Promise<void>
  /**
   * Makes a route to a block of another host, marked as Portolan's by its protocol. A former route of Portolan's to
   * that destination is replaced in one step. Where another program's route counts as the same for the kernel, the new
   * route is refused.
   */
  setRoute(route: DesiredRoute): Promise<void>
  /**
   * Removes Portolan's route to a block. A route of another program stays, and a missing route is no error.
   * @param via - the gateway of the route: with it, a hop that another program appended stays
   */
  deleteRoute(destination: string, via?: string | null): Promise<void>
  /**
   * Makes an interface a port of a bridge and sets it up. A repeated call changes nothing. A port of another bridge is
   * refused.
   */
  attachPort(interfaceName: string, bridge: string, port: PortChange): Promise<void>
  setPort(interfaceName: string, change: PortChange): Promise<void>
  /** Takes an interface out of its bridge; it stays up. */
  detachPort(interfaceName: string): Promise<void>
  /**
   * Makes a veth pair. The other end gets its final name in another namespace, and stays down. The end here becomes a
   * port of a bridge, and is set up. The pair is removed again when a later step fails.
   *
   * @throws ApplyError when a name is taken, here or in the other namespace
   */
  createVeth(veth: VethSpec): Promise<void>
  /**
   * Reads the host's end of a veth pair, or any other link; null: there is no such link. Since Linux 6.8 a port that
   * got its carrier forwards once this returns.
   */
  readEndpointLink(name: string): Promise<EndpointLink | null>
  /**
   * Deletes the host's end of an endpoint's veth pair, and with it the other end (its alias names an endpoint; any
   * other interface is refused). A missing interface is no error.
   */
  deleteEndpointLink(name: string): Promise<void>
  /**
   * The number that this network namespace has for another one; null: it has none yet.
   * @param namespace - a descriptor, open in this process
   */
  namespaceNumber(namespace: number): Promise<number | null>
  /**
   * Tells whether the network namespace with this number is in use. The links of an ended namespace stay until the
   * kernel removes them.
   * @param number - as `readEndpointLink` gives it
   */
  hasNamespace(number: number): Promise<boolean>
  close(): void
}
