import type { Family, Protocol } from '@portolan/netfilter'
import type { GatewayMode } from '../intent/index.ts'
import type { AskedNetwork } from './asked-network.ts'
import type { DesiredEndpoint } from './desired-endpoint.ts'
import type { DesiredParentedNetwork } from './desired-parented-network.ts'

/**
 * Everything that one project wants of a host, with every choice made: subnets picked, addresses leased, ranges
 * unrolled into single ports. It is backend-neutral and JSON-serialisable, and both compilers and the reachability
 * contract take it as input. Addresses and prefixes are canonical text (RFC 5952 for IPv6).
 * @public @since 0.1.0
 */
export interface DesiredState {
  readonly project: string
  readonly networks: readonly DesiredNetwork[]
  readonly endpoints: readonly DesiredEndpoint[]
  readonly mappings: readonly DesiredMapping[]
  /**
   * Sources that may reach containers on their own addresses, beyond what gateway modes and mappings open. Absent:
   * none.
   */
  readonly openings?: readonly DesiredOpening[]
  /** Drop packets that are forwarded between two interfaces that are not Portolan's. */
  readonly guardForwarding: boolean
  /**
   * Networks on an interface of the host, with their endpoints. They have no rules and no row of the contract. Absent:
   * there are none.
   */
  readonly parented?: readonly DesiredParentedNetwork[]
  /**
   * All routes to blocks of other hosts of a cluster that Portolan wants on this host, whatever the project. Absent: no
   * cluster is known, and routes stay as they are.
   */
  readonly routes?: readonly DesiredRoute[]
}

/**
 * A route to the block of another host, which is a neighbour on one layer-2 network.
 * @public @since 0.1.0
 */
export interface DesiredRoute {
  /** The block, CIDR. */
  readonly destination: string
  /** The address of the other host. */
  readonly via: string
  /** The interface of this host that is on the other host's network. */
  readonly interface: string
}

/** @public @since 0.1.0 */
export interface DesiredNetwork {
  readonly name: string
  /** Interface name of the bridge, 1 to 15 bytes. */
  readonly bridge: string
  readonly external: boolean
  readonly internal: boolean
  readonly icc: boolean
  /**
   * `icc` is off, but `links` or `reachable_from` still lets some containers reach others. The ports of the bridge
   * cannot be isolated then. Absent: none do.
   */
  readonly linked?: boolean
  /**
   * The intent that the bridge's alias holds, so that the network is known in full even if its records are lost.
   * Absent: nothing.
   */
  readonly asked?: AskedNetwork
  readonly mtu: number | null
  readonly ip: DesiredSubnet | null
  readonly ip6: DesiredSubnet | null
}

/** @public @since 0.1.0 */
export interface DesiredSubnet {
  readonly subnet: string
  /** Null in mode `isolated`. */
  readonly gateway: string | null
  readonly mode: GatewayMode
  /** Rewrite the source of packets that leave for other machines. Always false when `mode` is `routed`. */
  readonly masquerade: boolean
  /**
   * Blocks of other hosts of a cluster, CIDR. Containers reach them with their own source even if all other packets are
   * masqueraded. On an external network, the rules of its owner decide this, not the rules of this project. Absent:
   * none.
   */
  readonly unmasqueraded?: readonly string[]
}

/**
 * One port of one family. No two mappings of a state share family, protocol, host address, interface and host port. Two
 * intents that clash are a conflict, and only the first of them is kept here.
 * @public @since 0.1.0
 */
export interface DesiredMapping {
  /** For people and for rule comments: `0.0.0.0:8080/tcp -> nginx:80`, `[::]:8080/tcp -> nginx:80`. */
  readonly label: string
  readonly family: Family
  readonly protocol: Protocol
  /** `nat`: a host port is translated. `direct`: routed mode, the container's own port is opened. */
  readonly kind: 'nat' | 'direct'
  /** Null: every address of the host. Always null when `direct`. */
  readonly hostAddress: string | null
  /** The container's port when `direct`. */
  readonly hostPort: number
  /** The interface by which other machines must come in; null: any. */
  readonly interface: string | null
  /** Prefixes of this family that other machines must come from; null: any source; empty: no other machine. */
  readonly allowFrom: readonly string[] | null
  /** One target, or several that share new flows by weight. */
  readonly targets: readonly [DesiredTarget, ...DesiredTarget[]]
}

/** @public @since 0.1.0 */
export interface DesiredTarget {
  readonly service: string
  readonly replica: number
  readonly network: string
  readonly address: string
  readonly port: number
  /** 1 or more; 1 when alone. */
  readonly weight: number
}

/**
 * Containers that a source named in `links` or `reachable_from` reaches on their own addresses.
 * @public @since 0.1.0
 */
export interface DesiredOpening {
  /** For people: `db from wg0`, `db from web`. */
  readonly label: string
  readonly family: Family
  /** The network of the containers. */
  readonly network: string
  /** One container's address; null: every container of the network. */
  readonly address: string | null
  readonly from: OpeningSource
  /** The ports of one container that another container reaches; null: every port of every protocol. */
  readonly ports: readonly OpenPort[] | null
}

/**
 * The source of an opening.
 * - `interface`, `prefix`: other machines, by their incoming interface or their source address. Containers of Portolan
 *   do not count as other machines.
 * - `network`: the containers of a network of the project.
 * - `container`: one container, by its address on a network of the project.
 * @public @since 0.1.0
 */
export type OpeningSource =
  | { readonly kind: 'interface'; readonly name: string }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'network'; readonly network: string }
  | { readonly kind: 'container'; readonly network: string; readonly address: string }

/** @public @since 0.1.0 */
export interface OpenPort {
  readonly protocol: Protocol
  readonly port: number
}
