import type { Protocol, SourcePosition } from '@portolan/netfilter'
import type { EndpointIntent } from './endpoint-intent.ts'
import type { ParentedNetworkIntent } from './parented-network.ts'
import type { ReachableIntent } from './reachable.ts'

/**
 * The networks, endpoints and published ports that a user wants. It holds no facts of a host. A Compose file is one way
 * to write it; a value of this type is another.
 * @example
 * const intent: Intent = readCompose('{name: shop, services: {web: {ports: ["8080:80"]}}}', { source: 'compose.yaml' })
 * intent.mappings.map(({ service }) => service) // ['web']
 * @public @since 0.1.0
 */
export interface Intent {
  /** Lower-case letters, digits, `-` and `_`, starting with a letter or digit; at most 63. */
  readonly project: string
  /** Networks that have a bridge. */
  readonly networks: readonly NetworkIntent[]
  /** The endpoints on these networks. */
  readonly endpoints: readonly EndpointIntent[]
  readonly mappings: readonly MappingIntent[]
  /** Networks on an interface of the host, without a bridge (macvlan, ipvlan); absent: none. */
  readonly parented?: readonly ParentedNetworkIntent[]
  /** Links from one service to another; absent: none. */
  readonly links?: readonly LinkIntent[]
  /** Values that were read but cannot take effect, in words for people: `host port 8080 is ignored in routed mode`. */
  readonly notes: readonly IntentNote[]
}

/**
 * One entry of `links` of a service: the service wants to reach another one.
 * @public @since 0.1.0
 */
export interface LinkIntent {
  readonly service: string
  readonly to: string
  /** The name by which the other service is reached; its own name by default. */
  readonly alias: string
  /**
   * The ports that the other service exposes: those of its `expose` and its `ports`. Where `icc` is off, the link opens
   * these. Absent: none.
   */
  readonly exposed?: readonly ExposedPorts[]
  readonly place: SourcePosition | null
}

/**
 * Ports of a container.
 * @public @since 0.1.0
 */
export interface ExposedPorts {
  readonly protocol: Protocol
  readonly ports: PortRange
}

/** @public @since 0.1.0 */
export interface IntentNote {
  readonly text: string
  readonly place: SourcePosition | null
}

/**
 * How the outside reaches a network, chosen for each family.
 * - `nat`: only through published host ports.
 * - `nat-unprotected`: as nat, and every container port is reachable on the container's own address.
 * - `routed`: no NAT; published container ports are reachable on the container's own address.
 * - `isolated`: the bridge has no gateway address; only with `internal`.
 * @public @since 0.1.0
 */
export type GatewayMode = 'nat' | 'nat-unprotected' | 'routed' | 'isolated'

/** @public @since 0.1.0 */
export interface NetworkIntent {
  /** The key under `networks`; `default` for the implicit one. */
  readonly name: string
  /** The network is made and removed outside this project: Portolan reads it, and never creates or removes it. */
  readonly external: boolean
  /** For an external network: its name outside this project. Null for any other network. */
  readonly externalName: string | null
  /** A bridge name that the user chose, 1 to 15 bytes; null: derived from project and network. */
  readonly bridge: string | null
  readonly internal: boolean
  /** May containers of this network talk to each other directly? */
  readonly icc: boolean
  readonly masquerade: boolean
  /** `host_binding_ipv4`: the host address for mappings that name none; null: every address. */
  readonly hostBinding: string | null
  readonly mtu: number | null
  /** Pools to pick from, in order, by name or as `CIDR:size`; null: the caller's default. */
  readonly pools: readonly string[] | null
  /** Null when the network has no IPv4 (`enable_ipv4: false`). */
  readonly ip: SubnetIntent | null
  /** Null when the network has no IPv6 (`enable_ipv6` is not true). */
  readonly ip6: SubnetIntent | null
  /** Sources that reach every container of the network on its own address; absent: only those that its mode lets in. */
  readonly reachableFrom?: readonly ReachableIntent[]
  readonly place: SourcePosition | null
}

/** @public @since 0.1.0 */
export interface SubnetIntent {
  /** Canonical CIDR; null: picked from a pool. */
  readonly subnet: string | null
  readonly gateway: string | null
  /** Only addresses inside this prefix are leased; null: any address of the subnet. */
  readonly ipRange: string | null
  readonly mode: GatewayMode
}

/**
 * An inclusive range of ports, 1 to 65535; `first <= last`.
 * @public @since 0.1.0
 */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/**
 * A port mapping with only the parts of the short syntax `[hostIP:]hostPort:containerPort[/protocol]`. Either both
 * ranges have the same length, or `containerPorts` is a single port, or `hostPorts` is null.
 * @public @since 0.1.0
 */
export interface PortMapping {
  /** Canonical address without brackets; null: every host address of both families. */
  readonly hostAddress: string | null
  /** Null: the first free port of `ip_local_port_range`. */
  readonly hostPorts: PortRange | null
  readonly containerPorts: PortRange
  readonly protocol: Protocol
}

/** @public @since 0.1.0 */
export interface MappingIntent extends PortMapping {
  readonly service: string
  readonly replica: number
  /** The network whose endpoint address the port is mapped to. */
  readonly network: string
  /**
   * Other machines reach the port only through this interface; null: any. The host and its containers always reach it.
   */
  readonly interface: string | null
  /** Canonical prefixes of both families from which other machines reach the port; null: anywhere. */
  readonly allowFrom: readonly string[] | null
  /** The weight of this endpoint where several serve one host port, 1 or more; null: it is the only one. */
  readonly weight: number | null
  readonly place: SourcePosition | null
}
