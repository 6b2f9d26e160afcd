import { checkScriptOptions } from '@portolan/core/planning'
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
  'If lines are missing at its end, nft refuses this file: the first line opens a brace that the last one closes.'

/** @public @since 0.1.0 */
export interface ScriptOptions {
  /** Remarks for readers of the script, each a line in its head. Control characters are shown as `?`. */
  readonly remarks?: readonly string[]
}

/** Replaces characters that could end a comment line. A name from a user must not end it. */
const plain = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')

/**
 * Prints a script that replaces our table in one transaction, whatever is in it. The script adds the table first, so
 * that the delete has one to delete (`destroy` would need nft 1.0.7 and Linux 6.3). An empty ruleset gives a script
 * that removes the table. The script replaces the rules of all projects: pass the result of `adopt` to keep the other
 * projects.
 *
 * @example
 * printScript(adopt(actual, desired, 'shop'), 'nft') // #!/usr/sbin/nft -f ...
 * @public @since 0.1.0
 */
export const printScript = (ruleset: Ruleset, format: NftFormat, options: ScriptOptions = {}): string => {
  checkScriptOptions(options)
  const { remarks = [] } = options
  const table = ownTable(ruleset)
  if (format === 'nft') {
    const clear = `add table ${tableFamily} ${tableName}; delete table ${tableFamily} ${tableName}`
    const lines = [...header, ...remarks, ...(table === null ? [] : [closing])].map(
      (line) => `# ${plain(line)}`,
    )
    const head = `#!/usr/sbin/nft -f\n${lines.join('\n')}\n\n`
    // The delete and the table share a line. A file cut between two lines would otherwise remove all guards.
    return table === null ? `${head}${clear}\n` : `${head}${clear}; ${tableText(table)}`
  }
  const name: JsonObject = { family: tableFamily, name: tableName }
  const objects = table === null ? [] : tableObjects(table).map((object) => ({ add: object }))
  return jsonText(
    [{ add: { table: name } }, { delete: { table: name } }, ...objects],
    remarks.map(plain).join(' '),
  )
}
