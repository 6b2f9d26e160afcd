import { dialects } from '../backend/dialects.ts'
import type { HostRules } from './host-rules.ts'

/**
 * Every rule of a host, with the managed nftables rules of an earlier reading, which belongs to the wishes read at that
 * time. A mapping that another process takes back between the two readings would otherwise look like a conflict.
 *
 * @param whole - every rule, as `readSurroundingRules` gives them
 * @param before - the earlier reading, as `readRules` gave it
 * @internal
 */
export const oursAsRead = (whole: HostRules, before: HostRules): HostRules => {
  const { nftables } = dialects
  const ours = nftables.ours(before.nftables).tables
  const [now] = nftables.ours(whole.nftables).tables
  const { tables } = whole.nftables
  // The table keeps its place: of chains with the same priority, the chain of the table that was made last runs first.
  const asRead =
    now === undefined ? [...tables, ...ours] : tables.flatMap((table) => (table === now ? ours : [table]))
  return { ...whole, nftables: { ...whole.nftables, tables: asRead } }
}
