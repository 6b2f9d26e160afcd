import { dialects } from '../backend/dialects.ts'
import type { HostRules } from './host-rules.ts'

/**
 * Every rule of a host, with what is ours of nftables as it was read before, beside what was wanted then: what another
 * process takes back between the two readings is no conflict.
 *
 * @param whole - as `readSurroundingRules` gives them
 * @param before - as `readRules` gave them
 * @internal
 */
export const oursAsRead = (whole: HostRules, before: HostRules): HostRules => {
  const { nftables } = dialects
  const ours = nftables.ours(before.nftables).tables
  const [now] = nftables.ours(whole.nftables).tables
  const { tables } = whole.nftables
  // In its place: of chains with the same priority, that of the table that was made last runs first.
  const among =
    now === undefined ? [...tables, ...ours] : tables.flatMap((table) => (table === now ? ours : [table]))
  return { ...whole, nftables: { ...whole.nftables, tables: among } }
}
