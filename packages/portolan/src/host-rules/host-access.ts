import type { HostAccess, NetlinkSocket, Runner } from '@portolan/core'
import { legacyTablesOf } from './legacy-tables.ts'
import { nftTablesOf } from './nft-tables.ts'

/**
 * What a dialect reads the rules of a host with.
 * @param socket - of this process, where the Runner's programs are in the same network namespace
 * @param counters - read what rules have counted too
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
