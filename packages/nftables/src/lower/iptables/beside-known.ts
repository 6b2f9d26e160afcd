import type { NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import type { Ruleset, Table } from '../../model/index.ts'
import { lower } from '../lower.ts'
import { isIptablesTable } from './iptables-table.ts'

const keyOf = ({ family, name }: { readonly family: string; readonly name: string }): string =>
  `${family} ${name}`

/**
 * What nft lists, with tables that iptables-nft-save shows whole in the places where nft lists them: nft does not list
 * what their extensions ask for. Of a table that was not read so, what nft lists takes part as unknown.
 */
export const lowerBeside = (listed: Ruleset, known: readonly NetfilterTable[]): NetfilterRuleset => {
  const byKey = new Map(known.map((table) => [keyOf(table), table]))
  // A table with a name of iptables' that was made with nft: iptables-nft-save may show a part of it.
  const foreign = new Set(listed.tables.filter((table) => !isIptablesTable(table)).map(keyOf))
  const readElsewhere = (table: Table): boolean => !foreign.has(keyOf(table)) && byKey.has(keyOf(table))
  const own = lower(listed, { readElsewhere })
  const lowered = new Map(own.tables.map((table) => [keyOf(table), table]))
  const names = new Set(listed.tables.map(keyOf))
  return {
    tables: [
      ...known.filter((table) => !names.has(keyOf(table))),
      ...[...names].flatMap((name) => lowered.get(name) ?? byKey.get(name) ?? []),
    ],
  }
}
