import type { Protocol, SourcePosition } from '@portolan/netfilter'
import type { EndpointIntent } from './endpoint-intent.ts'
import type { ParentedNetworkIntent } from './parented-network.ts'
import type { ReachableIntent } from './reachable.ts'

/**
 * What a user wants: networks, the endpoints on them, and the ports published to the world. It says nothing
 * of a host. A Compose file is one way to write it; a value of this type is another.
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
  /** The endpoints on them. */
  readonly endpoints: readonly EndpointIntent[]
  readonly mappings: readonly MappingIntent[]
  /** Networks on an interface of the host, without a bridge (macvlan, ipvlan); absent: there are none. */
  readonly parented?: readonly ParentedNetworkIntent[]
  /** Services that name others to be reached; absent: none do. */
  readonly links?: readonly LinkIntent[]
  /** What was read but cannot take effect, for people: `host port 8080 is ignored in routed mode`. */
  readonly notes: readonly IntentNote[]
}

/**
 * What `links` of a service says: it wants to reach another one.
 * @public @since 0.1.0
 */
export interface LinkIntent {
  readonly service: string
  readonly to: string
  /** What the other service is to be called; its own name where nothing else is said. */
  readonly alias: string
  /**
   * The ports that the other service exposes: what `expose` and `ports` of it name. Where `icc` is off they are what the
   * link opens. Absent: none.
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
 * How the outside reaches a network, per family.
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
  /** Made and removed outside this project: read, never created or removed. */
  readonly external: boolean
  /** For an external network: the name it has outside this project. Else null. */
  readonly externalName: string | null
  /** A bridge name the user chose, 1 to 15 bytes; null: derived from project and network. */
  readonly bridge: string | null
  readonly internal: boolean
  /** May containers of this network talk to each other directly? */
  readonly icc: boolean
  readonly masquerade: boolean
  /** `host_binding_ipv4`: the host address a mapping without one gets; null: every address. */
  readonly hostBinding: string | null
  readonly mtu: number | null
  /** Names or `CIDR:size` of the pools to pick from, in order; null: the caller's default. */
  readonly pools: readonly string[] | null
  /** Null when the network has no IPv4 (`enable_ipv4: false`). */
  readonly ip: SubnetIntent | null
  /** Null unless `enable_ipv6`. */
  readonly ip6: SubnetIntent | null
  /** What reaches every container of it on its own address; absent: nothing more than its mode says. */
  readonly reachableFrom?: readonly ReachableIntent[]
  readonly place: SourcePosition | null
}

/** @public @since 0.1.0 */
export interface SubnetIntent {
  /** Canonical CIDR; null: picked from a pool. */
  readonly subnet: string | null
  readonly gateway: string | null
  /** Addresses are handed out inside this prefix only. */
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
 * What the short syntax `[hostIP:]hostPort:containerPort[/protocol]` says, and nothing more.
 * Either both ranges have the same length, or `containerPorts` is a single port, or `hostPorts` is null.
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
  /** Other machines reach it only through this interface; null: any. The host and its containers always do. */
  readonly interface: string | null
  /** Canonical prefixes of both families; null: everyone. */
  readonly allowFrom: readonly string[] | null
  /** A share of a host port that several endpoints serve, 1 or more; null: the only one. */
  readonly weight: number | null
  readonly place: SourcePosition | null
}
