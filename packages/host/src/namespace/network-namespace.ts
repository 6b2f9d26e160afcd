/**
 * A network namespace: that of a process, the one that a file holds open, or one that `ip netns add` named.
 * @public @since 0.1.0
 */
export type NamespaceReference =
  | { readonly pid: number }
  | { readonly path: string }
  | { readonly name: string }

/**
 * A default route of a namespace. Of two in one family the lower metric is taken.
 * @public @since 0.1.0
 */
export interface DefaultRoute {
  readonly family: 'ip' | 'ip6'
  readonly interface: string
  /** Null: the destination is reached without one. */
  readonly gateway: string | null
  readonly metric: number
}

/**
 * What leads to a prefix in a namespace, past the interface that is asked about.
 * @public @since 0.1.0
 */
export interface OtherWay {
  /** An address of another interface that is up, or a route of the table `main`. */
  readonly kind: 'address' | 'route'
  /** Null: the route leads to none (`blackhole`, `unreachable`). */
  readonly interface: string | null
  /** `10.0.0.2/24`: of an address with the prefix length that it has there. */
  readonly text: string
}

/**
 * What an interface in a namespace has, the default routes there, and what leads past it.
 * @public @since 0.1.0
 */
export interface InsideState {
  /** With prefix lengths. */
  readonly addresses: readonly string[]
  readonly mac: string
  readonly defaultRoutes: readonly DefaultRoute[]
  /** The addresses of other interfaces, and the routes by them to `within` and to parts of it. */
  readonly otherWays: readonly OtherWay[]
}

/**
 * What to give an interface in a namespace.
 * @public @since 0.1.0
 */
export interface InsideChange {
  /** With prefix lengths. IPv6 addresses are usable at once. */
  readonly addresses: readonly string[]
  readonly defaultRoutes: readonly { readonly gateway: string; readonly metric: number }[]
  /**
   * Default routes by the interface to be removed. One with the metric of a route to be added is replaced by it at once.
   */
  readonly formerRoutes: readonly { readonly gateway: string; readonly metric: number }[]
  /**
   * Its MAC: set again, it makes the kernel tell its neighbours the addresses (gratuitous ARP, unsolicited NA). Null for an
   * interface whose MAC cannot be set (ipvlan).
   */
  readonly announce: string | null
}

/**
 * An interface in a namespace, without what `InsideState` tells.
 * @public @since 0.1.0
 */
export interface InsideLink {
  /** As the kernel calls it: `macvlan`, `veth`; empty for one of hardware. */
  readonly kind: string
  readonly mac: string
  /** Empty where it has none. */
  readonly alias: string
  /** In bytes. */
  readonly mtu: number
}

/**
 * A network namespace that is held open, so that its name or process may go meanwhile.
 * @public @since 0.1.0
 */
export interface NetworkNamespace {
  /** In this process, for netlink. */
  readonly descriptor: number
  /** A path that opens the same one, for programs beside this process. */
  readonly path: string
  /** In words, for messages: `the network namespace of process 4242`. */
  readonly where: string
  /** It is that of this process. */
  readonly isOwn: boolean
  /**
   * Sets an interface in it up, and the loopback interface; writes the sysctls that containers need (below). Repeating it
   * changes nothing.
   *
   * - `arp_notify`, `ndisc_notify` 1: neighbours hear of addresses
   * - `accept_ra` 0: a container beside it gives it no routes
   * - `rp_filter` 2 where it is 1: a namespace on two networks answers over either
   * - `disable_ipv6` 0 with `ip6`
   *
   * With `alias`, it has that alias by then. `within` are the prefixes, one of a family at most, that `otherWays` tells the
   * routes to. `beside` are other interfaces in it with addresses in the same subnet. Each of them, and the interface, tells
   * neighbours its own addresses alone (`arp_ignore` 1 where it is 0, `arp_announce` 2): a neighbour that has learnt one
   * interface's MAC for the address of another loses that address with the interface.
   *
   * @throws ApplyError when there is no such interface in it; PermissionError without CAP_SYS_ADMIN; MissingToolError
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
  /** Adds addresses and default routes to an interface in it, and announces the addresses. */
  configure(name: string, change: InsideChange): Promise<void>
  /** Reads an interface in it; null: it is not there. */
  readLink(name: string): Promise<InsideLink | null>
  /** Removes an interface in it, one that is not of hardware. One that is not there is no error. */
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
