/**
 * The known facts of a host, as `portolan inspect` prints them and `--host FILE` reads them. Every key is optional at
 * every level, so a hand-written file of three lines is enough. Addresses are canonical text.
 * @example
 * const facts: HostFacts = { interfaces: [{ name: 'eth0', addresses: ['172.17.3.2/16'] }] }
 * planSubnets(facts, [{ network: 'web', family: 'ip' }])[0]?.subnet // '10.0.0.0/16'
 * @public @since 0.1.0
 */
export interface HostFacts {
  readonly interfaces?: readonly InterfaceFact[]
  /** Routes of every table. When absent, addresses imply their local and on-link routes. */
  readonly routes?: readonly RouteFact[]
  /** Policy routing rules (`ip rule`). */
  readonly rules?: readonly RoutingRuleFact[]
  /** Machines on the links of this host that have answered ARP or neighbour discovery; absent: not read. */
  readonly neighbours?: readonly NeighbourFact[]
  /** Resolver addresses: systemd-resolved's upstreams too, not only its stub. */
  readonly nameservers?: readonly string[]
  /** Listening TCP/SCTP sockets and bound UDP sockets. */
  readonly sockets?: readonly SocketFact[]
  /** Flows under way with a translated destination, as far as they were read. */
  readonly flows?: readonly FlowFact[]
  /** sysctl name in dotted form (`net.ipv4.ip_forward`; dots of an interface name are written `/`) to value. */
  readonly sysctls?: Readonly<Record<string, string>>
  /** Networks that other engines have defined, up or not. */
  readonly networks?: readonly EngineNetworkFact[]
  /** Ranges that other engines may cut networks from. */
  readonly enginePools?: readonly EnginePoolFact[]
  /** Contents of /etc/machine-id. */
  readonly machineId?: string
  /** What could not be read, each a sentence for people. */
  readonly unread?: readonly string[]
}

/** @public @since 0.1.0 */
export interface InterfaceFact {
  readonly name?: string
  readonly index?: number
  readonly up?: boolean
  /** `veth`, `bridge`, `loopback`, `wireguard`, ...: IFLA_INFO_KIND, or the ARPHRD type where there is none. */
  readonly kind?: string
  /** The bridge (or bond) this interface is a port of. */
  readonly master?: string | null
  readonly mtu?: number
  readonly mac?: string
  /** Bridge port only: IFLA_BRPORT_MODE, hairpin. */
  readonly hairpin?: boolean
  /** Bridge port only: IFLA_BRPORT_ISOLATED. */
  readonly isolated?: boolean
  /** Bridge only: IFLA_BR_NF_CALL_IPTABLES and IFLA_BR_NF_CALL_IP6TABLES. */
  readonly nfCallIptables?: boolean
  readonly nfCallIp6tables?: boolean
  /** IFLA_IFALIAS, by which Portolan recognises its own bridges (see `bridgeAlias`). */
  readonly alias?: string
  /** In CIDR form with host bits kept: `192.0.2.2/24`. */
  readonly addresses?: readonly string[]
  /** The peers of point-to-point addresses (`ip address add ADDRESS peer PEER`). Absent: there are none. */
  readonly peers?: readonly PeerFact[]
  /**
   * The other end of an endpoint's interface, in a namespace of its own. It is read only where no lease tells the
   * addresses of the endpoint.
   */
  readonly inside?: InsideFact
  /**
   * Whether the kernel made an address of the interface from a router advertisement (IFA_PROTO, Linux 5.18 and later).
   */
  readonly autoconfigured?: boolean
}

/**
 * An address with a peer. The kernel routes the network of the peer to the interface.
 * @public @since 0.1.0
 */
export interface PeerFact {
  /** The address of the interface, without a length. */
  readonly address?: string
  /** In CIDR form with host bits kept. */
  readonly peer?: string
}

/** @public @since 0.1.0 */
export interface InsideFact {
  readonly mac?: string
  /** In CIDR form with host bits kept. */
  readonly addresses?: readonly string[]
}

/** @public @since 0.1.0 */
export interface RouteFact {
  /** `default`, or a prefix. */
  readonly destination?: string
  readonly gateway?: string | null
  readonly interface?: string | null
  /** Table number: 254 is main, 255 local. */
  readonly table?: number
  /** `unicast`, `local`, `broadcast`, `blackhole`, ...: RTN_*. */
  readonly type?: string
  /** `universe`, `link`, `host`: RT_SCOPE_*. */
  readonly scope?: string
  readonly metric?: number
  /** The TOS that a packet needs for this route (`ip route add ... tos`); absent: any. Only IPv4 has it. */
  readonly tos?: number
  /** Preferred source address. */
  readonly source?: string | null
  /**
   * `ra` for a route from a router advertisement (RTPROT_RA), `portolan` for one that Portolan made to a block of another
   * host (143); absent for others.
   */
  readonly protocol?: string
}

/** @public @since 0.1.0 */
export interface RoutingRuleFact {
  readonly family?: 'ip' | 'ip6'
  readonly priority?: number
  readonly table?: number
  readonly from?: string | null
  readonly to?: string | null
  readonly in?: string | null
  readonly out?: string | null
  readonly mark?: number
  readonly mask?: number
  /** `lookup` (the default), `goto`, `blackhole`, `unreachable`, `prohibit`. */
  readonly action?: string
  readonly invert?: boolean
  /**
   * Ignores a route of the table with a prefix of this length or shorter (`suppress_prefixlength`, as wg-quick uses
   * it).
   */
  readonly suppressPrefixLength?: number
  /** The priority of the rule that `goto` continues at. */
  readonly gotoPriority?: number
  /** The IP protocol number that a packet must have (`ipproto`). */
  readonly protocol?: number
  /** The ports that a packet must have (`sport`, `dport`). */
  readonly sourcePorts?: NumberRangeFact
  readonly destinationPorts?: NumberRangeFact
  /** The user that a packet's socket belongs to (`uidrange`). A forwarded packet counts as user 0. */
  readonly users?: NumberRangeFact
  /** The differentiated services code point that a packet must have, 0 to 63. */
  readonly dscp?: number
  /** Further selectors of the rule, by iproute2's names (`tun_id`, `l3mdev`). Their values are not known. */
  readonly other?: readonly string[]
}

/** @public @since 0.1.0 */
export interface NumberRangeFact {
  readonly first?: number
  readonly last?: number
}

/** @public @since 0.1.0 */
export interface SocketFact {
  readonly protocol?: 'tcp' | 'udp' | 'sctp'
  /** `0.0.0.0` or `::` is every address. */
  readonly address?: string
  readonly port?: number
  readonly process?: string
  /** Whether an IPv6 socket refuses IPv4 clients (IPV6_V6ONLY). */
  readonly v6only?: boolean
  /** The interface a socket is bound to (SO_BINDTODEVICE). */
  readonly interface?: string | null
}

/**
 * A machine that answers on a link of this host.
 * @public @since 0.1.0
 */
export interface NeighbourFact {
  readonly address?: string
  readonly interface?: string
  /** `reachable`, `stale`, `delay`, `probe`, `permanent`: NUD_*. */
  readonly state?: string
}

/**
 * A flow that connection tracking knows: the addresses of its first packet, and those of the reply.
 * @public @since 0.1.0
 */
export interface FlowFact {
  readonly protocol?: 'tcp' | 'udp' | 'sctp'
  readonly source?: string
  readonly sourcePort?: number
  readonly destination?: string
  readonly destinationPort?: number
  readonly answeredBy?: { readonly address?: string; readonly port?: number }
}

/** @public @since 0.1.0 */
export interface EngineNetworkFact {
  readonly engine?: string
  readonly name?: string
  readonly subnets?: readonly string[]
  /** The interface of the network, mostly a bridge. It may not exist before the network is up. */
  readonly bridge?: string
  /** The gateway of each subnet, where the engine has chosen it. */
  readonly gateways?: readonly string[]
  /**
   * The ranges that the engine gives addresses to containers from, where these are not the whole subnet: prefixes, or
   * `first-last`.
   */
  readonly ranges?: readonly string[]
  /** Addresses that the engine has given to containers or keeps for something. Absent: its records were not read. */
  readonly used?: readonly UsedAddressFact[]
  /** The file that defines it. */
  readonly file?: string
  /**
   * The network of Portolan that this one is, where a plugin of Portolan serves it. It is no obstacle to that network.
   */
  readonly own?: { readonly project: string; readonly network: string }
}

/**
 * An address that must not be given to anything else.
 * @public @since 0.1.0
 */
export interface UsedAddressFact {
  readonly address?: string
  /** The holder of the address, as its engine calls it: the name of a container. */
  readonly by?: string
}

/**
 * A range that an engine cuts networks from on request. Possibly nothing of it is in use.
 * @public @since 0.1.0
 */
export interface EnginePoolFact {
  readonly engine?: string
  readonly base?: string
  /** The prefix length of the networks cut from the range. */
  readonly size?: number
  readonly file?: string
}
