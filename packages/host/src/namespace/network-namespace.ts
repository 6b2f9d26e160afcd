/**
 * A network namespace: of a process, of a file that holds it open, or with a name that `ip netns add` gave.
 * @public @since 0.1.0
 */
export type NamespaceReference =
  | { readonly pid: number }
  | { readonly path: string }
  | { readonly name: string }

/**
 * A default route of a namespace. Of two routes of one family the one with the lower metric is used.
 * @public @since 0.1.0
 */
export interface DefaultRoute {
  readonly family: 'ip' | 'ip6'
  readonly interface: string
  /** The next hop; null: the destinations are reached directly. */
  readonly gateway: string | null
  readonly metric: number
}

/**
 * An address or a route that leads packets to a prefix through another interface of the namespace.
 * @public @since 0.1.0
 */
export interface OtherWay {
  /** An address of another interface that is up, or a route of the table `main`. */
  readonly kind: 'address' | 'route'
  /** The name of that interface; null: the route has none (`blackhole`, `unreachable`). */
  readonly interface: string | null
  /** The address or the destination, as `10.0.0.2/24`. An address has the prefix length that is set there. */
  readonly text: string
}

/**
 * The state of an interface in a namespace, with the default routes there and other ways to its networks.
 * @public @since 0.1.0
 */
export interface InsideState {
  /** The addresses with prefix lengths. */
  readonly addresses: readonly string[]
  readonly mac: string
  readonly defaultRoutes: readonly DefaultRoute[]
  /** The addresses of other interfaces, and the routes through them to `within` and to parts of it. */
  readonly otherWays: readonly OtherWay[]
}

/**
 * The changes to an interface in a namespace.
 * @public @since 0.1.0
 */
export interface InsideChange {
  /** The addresses with prefix lengths. IPv6 addresses are usable at once. */
  readonly addresses: readonly string[]
  readonly defaultRoutes: readonly { readonly gateway: string; readonly metric: number }[]
  /**
   * The default routes through the interface that are to be removed. A new route with the same metric replaces such a
   * route in one step.
   */
  readonly formerRoutes: readonly { readonly gateway: string; readonly metric: number }[]
  /**
   * The MAC address of the interface. Setting it again makes the kernel announce the addresses to the neighbours
   * (gratuitous ARP, unsolicited NA). Null for an interface whose MAC address cannot be set (ipvlan).
   */
  readonly announce: string | null
}

/**
 * An interface in a namespace, without the parts in `InsideState`.
 * @public @since 0.1.0
 */
export interface InsideLink {
  /** The kernel's name of the kind: `macvlan`, `veth`; empty for a hardware interface. */
  readonly kind: string
  readonly mac: string
  /** The alias; empty: the interface has none. */
  readonly alias: string
  /** The MTU in bytes. */
  readonly mtu: number
}

/**
 * A network namespace that is held open, so that it stays usable when its name is removed or its process ends.
 * @public @since 0.1.0
 */
export interface NetworkNamespace {
  /** The descriptor in this process, for netlink. */
  readonly descriptor: number
  /** A path that opens the same namespace, for programs that run beside this process. */
  readonly path: string
  /** The namespace in words, for messages: `the network namespace of process 4242`. */
  readonly where: string
  /** True: it is the namespace of this process. */
  readonly isOwn: boolean
  /**
   * Sets an interface and the loopback interface up, and writes the sysctls that containers need (below). A repeated
   * call changes nothing.
   *
   * - `arp_notify`, `ndisc_notify` 1: the kernel announces addresses to the neighbours
   * - `accept_ra` 0: another container on the network cannot give it routes
   * - `rp_filter` 2 where it is 1: a namespace on two networks answers over either
   * - `disable_ipv6` 0 with `ip6`
   *
   * With `alias`, the interface also gets that alias. `within` are prefixes, at most one of a family: `otherWays` holds
   * the routes to them. `beside` are other interfaces in the namespace with addresses in the same subnet. Each of them,
   * and the interface itself, then announces only its own addresses (`arp_ignore` 1 where it is 0, `arp_announce` 2).
   * Otherwise a neighbour could learn one interface's MAC address for the address of another. It would lose that
   * address when the first interface goes.
   *
   * @throws ApplyError when there is no such interface in the namespace; PermissionError without CAP_SYS_ADMIN;
   * MissingToolError
   */
  bringUp(
    name: string,
    options: {
      readonly ip6: boolean
      readonly alias?: string
      readonly within?: readonly string[]
      readonly beside?: readonly string[]
    },
  ): Promise<InsideState>
  /** Adds addresses and default routes to an interface in the namespace, and announces the addresses. */
  configure(name: string, change: InsideChange): Promise<void>
  /** Reads an interface in the namespace; null: there is no such interface. */
  readLink(name: string): Promise<InsideLink | null>
  /** Removes a virtual interface in the namespace. A missing interface is no error. */
  removeLink(name: string): Promise<void>
  close(): void
}

/**
 * The network namespaces of a host.
 * @public @since 0.1.0
 */
export interface Namespaces {
  /**
   * @throws InvalidRequestError when there is no such process, file or name, or it is no network namespace
   * @throws PermissionError when it may not be opened
   */
  open(reference: NamespaceReference): NetworkNamespace
}
