import { ownTable, tableFamily, tableName } from '../compile/ours.ts'
import type { JsonObject, Ruleset } from '../model/index.ts'
import { tableObjects } from './json/json.ts'
import { jsonText, type NftFormat } from './print.ts'
import { tableText } from './text/text-table.ts'

const header = [
  `The whole of table ${tableFamily} ${tableName}, replaced in one transaction; nothing else is touched.`,
  'Load it with: nft -f FILE. Loading it again changes nothing.',
]
const closing =
  'The first line opens the brace that the last one closes: cut short between lines, nft refuses this file.'

/** @public @since 0.1.0 */
export interface ScriptOptions {
  /** For the reader of the script: a line each in its head, control characters in it shown as `?`. */
  readonly remarks?: readonly string[]
}

/** A comment ends with its line, so nothing that a user calls something may end the line. */
const plain = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')

/**
 * A script that loads on its own and replaces our table in one transaction, whatever was in it: `add` makes
 * sure that there is a table to delete (`destroy` would need nft 1.0.7 and Linux 6.3). A ruleset of nothing
 * gives a script that removes the table. It replaces what every project has there: hand in what `adopt` gives,
 * where other projects are to stay.
 *
 * @example
 * printScript(adopt(actual, desired, 'shop'), 'nft') // #!/usr/sbin/nft -f ...
 * @public @since 0.1.0
 */
export const printScript = (
  ruleset: Ruleset,
  format: NftFormat,
  { remarks = [] }: ScriptOptions = {},
): string => {
  const table = ownTable(ruleset)
  if (format === 'nft') {
    const clear = `add table ${tableFamily} ${tableName}; delete table ${tableFamily} ${tableName}`
    const lines = [...header, ...remarks, ...(table === null ? [] : [closing])].map(
      (line) => `# ${plain(line)}`,
    )
    const head = `#!/usr/sbin/nft -f\n${lines.join('\n')}\n\n`
    // One line with what follows: were it a line of its own, a file cut behind it would take all guards away.
    return table === null ? `${head}${clear}\n` : `${head}${clear}; ${tableText(table)}`
  }
  const name: JsonObject = { family: tableFamily, name: tableName }
  const objects = table === null ? [] : tableObjects(table).map((object) => ({ add: object }))
  return jsonText(
    [{ add: { table: name } }, { delete: { table: name } }, ...objects],
    remarks.map(plain).join(' '),
  )
}
