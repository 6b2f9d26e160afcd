import type { NetlinkSocket } from '../plan/netlink-socket.ts'
import type { Runner } from '../plan/runner.ts'
import type { LegacyTables } from './legacy-tables.ts'

/**
 * The means by which a dialect reads the rules of a host.
 * @public @since 0.1.0
 */
export interface HostAccess {
  readonly runner: Runner
  /** A socket in the network namespace of the Runner's programs; null: no socket, programs read the rules. */
  readonly socket: NetlinkSocket | null
  readonly legacyTables: () => Promise<LegacyTables>
  /** The names of the nf_tables tables; null: the kernel did not list all. Left out: not known. */
  readonly nftTables?: () => Promise<readonly NamedTable[] | null>
  /** Read the counters of rules too, in a dialect where every rule counts; false by default. */
  readonly counters?: boolean
  /** Tables that another dialect reads. This dialect does not report them as unread. None by default. */
  readonly elsewhere?: () => Promise<readonly NamedTable[]>
}

/**
 * The family and name of a table.
 * @public @since 0.1.0
 */
export interface NamedTable {
  readonly family: string
  readonly name: string
}
