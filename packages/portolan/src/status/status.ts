import type { Conflict } from '@portolan/core'
import type { Family, Protocol } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import type { DriftChange } from '../watch/host-event.ts'

/**
 * The networks and port mappings of this host now: the traffic of each, its differences from what is wanted, and its
 * conflicts. Plain data: `JSON.stringify` of it is what `portolan status --json` prints.
 * @example
 * await using host = await openHost({ backend: 'nftables', project: 'shop' })
 * await host.ensureNetwork('web', { pool: 'classic' })
 * const status: HostStatus = await host.status()
 * status.networks.map(({ name, drift }) => `${name}: ${drift}`) // ['web: none']
 * @public @since 0.1.0
 */
export interface HostStatus {
  readonly networks: readonly NetworkStatus[]
  readonly mappings: readonly MappingStatus[]
  /** Networks of driver macvlan or ipvlan, on an interface of the host. */
  readonly parented: readonly ParentedStatus[]
  /** The endpoints that are attached to networks of all kinds. */
  readonly endpoints: readonly EndpointStatus[]
  /**
   * The changes that would bring back what is missing or different, of mappings and of everything else that Portolan
   * manages.
   */
  readonly drift: readonly StatusChange[]
  /** Managed rules that are missing and cannot be known any more, each a sentence. Apply those projects again. */
  readonly lost: readonly string[]
  /** The conflicts of mappings and networks, worst first; null: not searched. */
  readonly conflicts: readonly ProjectConflict[] | null
  /** Does the kernel count packets and bytes of connections that begin now (`net.netfilter.nf_conntrack_acct`)? */
  readonly accounting: boolean
  /** What could not be read, or is not told, each a sentence. */
  readonly unread: readonly string[]
  /**
   * Notes, each a sentence: about networks in blocks that no pool of the cluster has any more, about projects from
   * before other hosts joined or left the cluster, and about endpoints with a former address inside. Absent: there are
   * none.
   */
  readonly notes?: readonly string[]
  /**
   * Projects that a process holds in their earlier state, because it cannot take what is wanted now, with the reason.
   * Absent: there are none.
   */
  readonly heldBack?: readonly {
    readonly project: string
    readonly process: { readonly pid: number; readonly name: string }
    readonly code: string
    readonly message: string
  }[]
}

/**
 * A network whose bridge is on the host, or is wanted.
 * @public @since 0.1.0
 */
export interface NetworkStatus {
  readonly project: string
  readonly name: string
  readonly bridge: string
  /** The subnets of the bridge's gateways, IPv4 first. The host knows no subnet of a network without a gateway. */
  readonly subnets: readonly string[]
  /** Is the bridge up? False also where it is missing. */
  readonly up: boolean
  /** The backend that has its rules; null: none has. */
  readonly backend: Backend | null
  /**
   * How the network differs from what is wanted.
   * - `missing`: wanted, and its bridge does not exist.
   * - `changed`: its bridge is another one, its gateway addresses differ from the wanted ones, or some of its rules are
   *   missing or different.
   * - `unwanted`: its bridge exists, and its project does not want it.
   * - `unknown`: this host does not know what its project wants, and finds nothing wrong.
   */
  readonly drift: 'none' | 'missing' | 'changed' | 'unwanted' | 'unknown'
  readonly conflicts: ConflictCount | null
}

/**
 * A network on an interface of the host (macvlan or ipvlan), as its lease tells it.
 * @public @since 0.1.0
 */
export interface ParentedStatus {
  readonly project: string
  readonly name: string
  readonly driver: 'macvlan' | 'ipvlan'
  readonly parent: string
  /** IPv4 first. */
  readonly subnets: readonly string[]
  /** Is the parent up? False also where it is missing. */
  readonly up: boolean
}

/**
 * An endpoint with an interface on a managed network. On a network on an interface of the host, it is an endpoint that
 * holds an address there. The host has no end of that endpoint's interface, and does not see whether the interface
 * exists.
 * @public @since 0.1.0
 */
export interface EndpointStatus {
  readonly project: string
  readonly network: string
  readonly endpoint: string
  /** The leased addresses, IPv4 first. */
  readonly addresses: readonly string[]
  /** The host's end of the interface; null: the host has none. */
  readonly interface: string | null
  /** The bridge of which the interface is a port; null: it is a port of none. */
  readonly bridge: string | null
  /** Is the interface up? Null: the host does not see it. */
  readonly up: boolean | null
}

/**
 * One host port of one family, as the rules have it or as it is wanted.
 * @public @since 0.1.0
 */
export interface MappingStatus {
  readonly project: string
  /** The backend in which the mapping is in force, or is to be. */
  readonly backend: Backend
  /** The label, such as `0.0.0.0:8080/tcp -> nginx:80`. Where only rules tell it, a long label is cut. */
  readonly mapping: string
  readonly family: Family
  readonly protocol: Protocol
  /**
   * `nat`: a host port is translated. `direct`: the container's own port is open; this is known only from what is
   * wanted.
   */
  readonly mode: 'nat' | 'direct'
  /** Null: every address of the host. */
  readonly hostAddress: string | null
  readonly hostPort: number
  /** Null: any interface. */
  readonly interface: string | null
  readonly targets: readonly TargetStatus[]
  /**
   * Open connections that were translated to its targets. Connections of TCP and SCTP count until they are closed,
   * those of UDP until conntrack forgets them. Null: not known, or nothing is translated (`direct`).
   */
  readonly connections: number | null
  /**
   * Packets of the open connections, in both directions. The number falls when a connection ends. Null: conntrack
   * accounting is off, or an open connection is older than the accounting.
   */
  readonly packets: number | null
  /** Bytes of the same packets, with their IP headers. */
  readonly bytes: number | null
  /**
   * Connections that its rules have translated since the rules were written, open or not. Null: the rules do not count
   * (nftables).
   */
  readonly newConnections: number | null
  /**
   * How the mapping differs from what is wanted.
   * - `missing`: wanted, and not in force.
   * - `changed`: in force with another target, or one of its rules or elements is missing or different.
   * - `unwanted`: in force, and its project does not want it.
   * - `way`: a rule that leads packets to all mappings is missing, is different, or stands behind foreign rules.
   * - `unknown`: this host does not know what its project wants, and finds nothing wrong.
   */
  readonly drift: MappingDrift
  readonly conflicts: ConflictCount | null
}

/** @internal */
export type MappingDrift = 'none' | 'missing' | 'changed' | 'unwanted' | 'way' | 'unknown'

/**
 * A container to which a mapping leads. Its service and network are null where only rules tell of it.
 * @public @since 0.1.0
 */
export interface TargetStatus {
  readonly service: string | null
  readonly network: string | null
  readonly address: string
  readonly port: number
}

/**
 * How many conflicts a mapping or network has, and the severity of the worst.
 * @public @since 0.1.0
 */
export interface ConflictCount {
  readonly count: number
  readonly worst: Conflict['severity'] | null
}

/** @public @since 0.1.0 */
export type ProjectConflict = Conflict & {
  /** The project that has the conflict. */
  readonly project: string
}

/**
 * One change that would bring back what is wanted, as a plan shows it.
 * @public @since 0.1.0
 */
export interface StatusChange extends DriftChange {
  /** The project of the change; null: it belongs to no single project. */
  readonly project: string | null
  /** The backend of the changed rules, or `link`, `sysctl`. */
  readonly part: Backend | 'link' | 'sysctl'
}
