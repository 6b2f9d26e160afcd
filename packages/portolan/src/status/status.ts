import type { Conflict } from '@portolan/core'
import type { Family, Protocol } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import type { DriftChange } from '../watch/host-event.ts'

/**
 * What is mapped on this host now: networks and port mappings, what flows through them, what of them is not as it is
 * wanted, and what stands in their way. Plain data: `JSON.stringify` of it is what `portolan status --json` prints.
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
  /** What `attach` put on networks of all kinds. */
  readonly endpoints: readonly EndpointStatus[]
  /** What would bring back what is missing or different, change by change, of mappings and of all else that is ours. */
  readonly drift: readonly StatusChange[]
  /** What is missing of ours and nothing tells any more, each a sentence: apply those projects again. */
  readonly lost: readonly string[]
  /** What keeps mappings and networks from working, worst first; null: not searched. */
  readonly conflicts: readonly ProjectConflict[] | null
  /** Does connection tracking count packets and bytes of connections that begin now (`net.netfilter.nf_conntrack_acct`)? */
  readonly accounting: boolean
  /** What could not be read, or is not told, each a sentence. */
  readonly unread: readonly string[]
  /**
   * Networks in blocks that no pool of the cluster has any more, and endpoints with a former address inside, each a sentence;
   * absent where there are none.
   */
  readonly notes?: readonly string[]
  /**
   * Projects that a process holds as they were, since what is wanted of them by now cannot be taken, with its reason;
   * absent where there are none.
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
  /** Of the bridge's gateways, IPv4 first. A network without a gateway has none that the host knows. */
  readonly subnets: readonly string[]
  /** Is the bridge up? False also where it is missing. */
  readonly up: boolean
  /** The backend that has its rules; null: none has. */
  readonly backend: Backend | null
  /**
   * `missing`: wanted, and its bridge is not there. `changed`: its bridge is another one, lacks the address of a gateway or
   * has one that is not wanted, or some of its rules are missing or other ones. `unwanted`: its bridge is there, and its
   * project does not want it. `unknown`: what its project wants is not known here; nothing that can be told is wrong.
   */
  readonly drift: 'none' | 'missing' | 'changed' | 'unwanted' | 'unknown'
  readonly conflicts: ConflictCount | null
}

/**
 * A network on an interface of the host, as its lease tells it.
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
 * An endpoint with an interface on a network of ours. On a network on an interface of the host, it is one that holds an
 * address there: the host has no end of its interface, and does not see whether it is there.
 * @public @since 0.1.0
 */
export interface EndpointStatus {
  readonly project: string
  readonly network: string
  readonly endpoint: string
  /** Those that are leased, IPv4 first. */
  readonly addresses: readonly string[]
  /** The host's end; null: it has none. */
  readonly interface: string | null
  /** The bridge that it is a port of; null: it is none. */
  readonly bridge: string | null
  /** Null: the host does not see it. */
  readonly up: boolean | null
}

/**
 * One host port of one family, as rules have it, or as it is wanted.
 * @public @since 0.1.0
 */
export interface MappingStatus {
  readonly project: string
  /** Where it is in force, or is to be. */
  readonly backend: Backend
  /** `0.0.0.0:8080/tcp -> nginx:80`: as rules have it, where a long one is cut. */
  readonly mapping: string
  readonly family: Family
  readonly protocol: Protocol
  /** `nat`: a host port is translated. `direct`: the container's own port is open; known only of what is wanted. */
  readonly mode: 'nat' | 'direct'
  /** Null: every address of the host. */
  readonly hostAddress: string | null
  readonly hostPort: number
  /** Null: any interface. */
  readonly interface: string | null
  readonly targets: readonly TargetStatus[]
  /**
   * Connections that were translated to its targets and are open: of TCP and SCTP until they are closed, of UDP until
   * conntrack forgets them. Null: not known, or nothing is translated (`direct`).
   */
  readonly connections: number | null
  /**
   * Packets of the open connections, in both directions. It falls when a connection ends. Null: conntrack accounting is
   * off, or one of them is older than it.
   */
  readonly packets: number | null
  /** Bytes of the same packets, with their IP headers. */
  readonly bytes: number | null
  /** Connections that its rules have translated since they were written, open or not. Null where rules do not count: nftables. */
  readonly newConnections: number | null
  /**
   * What of it is not as it is wanted.
   * - `missing`: wanted, and not in force.
   * - `changed`: in force with another target, or one of its rules or elements is missing or another one.
   * - `unwanted`: in force, and its project does not want it.
   * - `way`: a rule that leads packets to all mappings is missing, another one, or stands behind foreign rules.
   * - `unknown`: what its project wants is not known here; nothing that can be told is wrong.
   */
  readonly drift: MappingDrift
  readonly conflicts: ConflictCount | null
}

/** @internal */
export type MappingDrift = 'none' | 'missing' | 'changed' | 'unwanted' | 'way' | 'unknown'

/**
 * A container that a mapping leads to; its service and network are null where only rules tell of it.
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
  /** Of which it is a conflict. */
  readonly project: string
}

/**
 * One step that would bring back what is wanted, as a plan shows it.
 * @public @since 0.1.0
 */
export interface StatusChange extends DriftChange {
  /** Null: it is of no project alone. */
  readonly project: string | null
  /** The backend whose rules it is of, or `link`, `sysctl`. */
  readonly part: Backend | 'link' | 'sysctl'
}
