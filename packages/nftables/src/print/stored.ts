import type { Ruleset, Table } from '../model/index.ts'
import { parse } from '../parse/parse.ts'
import { print } from './print.ts'

/**
 * A ruleset in a form that JSON can hold.
 * @public @since 0.1.0
 */
export interface StoredListing {
  /** nft's JSON. */
  readonly text: string
  /** The programs that keep a table for themselves, by `FAMILY NAME` of the table. nft's JSON does not name them. */
  readonly programs: Readonly<Record<string, string>>
}

const tableName = ({ family, name }: Table): string => `${family} ${name}`

export const store = (ruleset: Ruleset): StoredListing => ({
  text: print(ruleset, 'nft-json'),
  programs: Object.fromEntries(
    ruleset.tables.flatMap((table) =>
      table.program === undefined ? [] : [[tableName(table), table.program]],
    ),
  ),
})

/**
 * Restores a ruleset from its stored form.
 * @throws ParseError naming the place, for a text that is not nft's JSON
 */
export const restore = ({ text, programs }: StoredListing, place: string): Ruleset => {
  const { tables, opaque } = parse(text, place)
  return {
    tables: tables.map((table) => {
      const program = programs[tableName(table)]
      return program === undefined ? table : { ...table, program }
    }),
    opaque,
  }
}
