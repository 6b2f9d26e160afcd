import type { Family } from '@portolan/netfilter'
import type { Ruleset } from '../model/ruleset.ts'
import { parse } from '../parse/parse.ts'
import { print } from './print.ts'

/**
 * A ruleset in a form that JSON can hold: the iptables-save text of each table, with its family, which the text does
 * not name.
 * @public @since 0.1.0
 */
export interface StoredTables {
  readonly tables: readonly { readonly family: Family; readonly text: string }[]
  readonly trailer: readonly string[]
}

export const store = ({ tables, trailer }: Ruleset): StoredTables => ({
  tables: tables.map((table) => ({
    family: table.family,
    text: print({ tables: [table], trailer: [] }, 'iptables-save'),
  })),
  trailer,
})

/**
 * Restores a ruleset from its stored form.
 * @throws ParseError naming the place, for a text that is not of iptables-save
 */
export const restore = ({ tables, trailer }: StoredTables, place: string): Ruleset => ({
  tables: tables.flatMap(({ family, text }, at) => parse(text, `${place}.tables[${at}].text`, family).tables),
  trailer,
})
