import type { NetlinkSocket } from '../plan/netlink-socket.ts'
import type { Runner } from '../plan/runner.ts'
import type { LegacyTables } from './legacy-tables.ts'

/**
 * What a dialect reads the rules of a host with.
 * @public @since 0.1.0
 */
export interface HostAccess {
  readonly runner: Runner
  /** A socket of the network namespace that the Runner's programs are in; null: there is none, and programs do. */
  readonly socket: NetlinkSocket | null
  readonly legacyTables: () => Promise<LegacyTables>
  /** The tables of nf_tables, by their names; null: the kernel did not tell them all. Not known unless told. */
  readonly nftTables?: () => Promise<readonly NamedTable[] | null>
  /** Read what each rule has counted too, where all rules count; false unless told. */
  readonly counters?: boolean
  /** Tables that another dialect reads: this one need not tell that it cannot. None unless told. */
  readonly elsewhere?: () => Promise<readonly NamedTable[]>
}

/**
 * A table by its name.
 * @public @since 0.1.0
 */
export interface NamedTable {
  readonly family: string
  readonly name: string
}
