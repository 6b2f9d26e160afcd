import type { HostAccess, NetlinkSocket, Runner } from '@portolan/core'
import { legacyTablesOf } from './legacy-tables.ts'
import { nftTablesOf } from './nft-tables.ts'

/**
 * The access through which a dialect reads the rules of a host.
 * @param socket - a socket of this process, if the Runner's programs are in the same network namespace
 * @param counters - read the counters of rules too
 * @internal
 */
export const hostAccess = (
  runner: Runner,
  socket: NetlinkSocket | null = null,
  counters = false,
): HostAccess => ({
  runner,
  socket,
  counters,
  legacyTables: () => legacyTablesOf(runner),
  nftTables: () => nftTablesOf(runner),
})
