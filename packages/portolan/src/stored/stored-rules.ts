import * as iptables from '@portolan/iptables'
import type { Family } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import type { Backend } from '../backend/backend.ts'
import type { HostRules } from '../host-rules/host-rules.ts'

/**
 * The rules of a host as each tool's own text: nft's JSON, and iptables-save a table. The readers of both dialects
 * check it, and give back what was written.
 */
export interface StoredRules {
  readonly nftables: string
  /** Tables that a program keeps for itself, by `FAMILY NAME`: nft's JSON does not say it. */
  readonly programs: Readonly<Record<string, string>>
  readonly 'iptables-nft': StoredTables
  readonly 'iptables-legacy': StoredTables
  readonly unread: readonly string[]
  readonly hidden?: readonly Family[]
  readonly incomplete?: readonly Backend[]
}

export interface StoredTables {
  readonly tables: readonly { readonly family: Family; readonly text: string }[]
  readonly trailer: readonly string[]
}

const tableName = ({ family, name }: nftables.Table): string => `${family} ${name}`

const storeTables = ({ tables, trailer }: iptables.Ruleset): StoredTables => ({
  tables: tables.map((table) => ({
    family: table.family,
    text: iptables.print({ tables: [table], trailer: [] }, 'iptables-save'),
  })),
  trailer,
})

/** @internal */
export const storeRules = (rules: HostRules): StoredRules => ({
  ...rules,
  nftables: nftables.print(rules.nftables, 'nft-json'),
  programs: Object.fromEntries(
    rules.nftables.tables.flatMap((table) =>
      table.program === undefined ? [] : [[tableName(table), table.program]],
    ),
  ),
  'iptables-nft': storeTables(rules['iptables-nft']),
  'iptables-legacy': storeTables(rules['iptables-legacy']),
})

const readTables = ({ tables, trailer }: StoredTables, place: string): iptables.Ruleset => ({
  tables: tables.flatMap(
    ({ family, text }, at) => iptables.parse(text, `${place}.tables[${at}].text`, family).tables,
  ),
  trailer,
})

/**
 * @throws ParseError naming the place, for a text that is not of its tool
 * @internal
 */
export const readStoredRules = ({ programs, ...rules }: StoredRules): HostRules => {
  const { tables, opaque } = nftables.parse(rules.nftables, 'stored.rules.nftables')
  return {
    ...rules,
    nftables: {
      tables: tables.map((table) => {
        const program = programs[tableName(table)]
        return program === undefined ? table : { ...table, program }
      }),
      opaque,
    },
    'iptables-nft': readTables(rules['iptables-nft'], 'stored.rules.iptables-nft'),
    'iptables-legacy': readTables(rules['iptables-legacy'], 'stored.rules.iptables-legacy'),
  }
}
