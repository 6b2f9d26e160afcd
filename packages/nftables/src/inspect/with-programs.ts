import type { Runner } from '@portolan/core'
import type { Ruleset, Table } from '../model/index.ts'

/**
 * The same tables, each that a program keeps for itself with the name of that program. nft reads the name in /proc and
 * prints it in text only, as a remark behind the table's name (nftables `src/rule.c`, `table_print_declaration`).
 */
export const withPrograms = async (runner: Runner, ruleset: Ruleset): Promise<Ruleset> => {
  if (!ruleset.tables.some(isKept)) return ruleset
  const tables: Table[] = []
  for (const table of ruleset.tables) {
    const program = isKept(table) ? await programOf(runner, table) : null
    tables.push(program === null ? table : { ...table, program })
  }
  return { ...ruleset, tables }
}

const isKept = ({ flags }: Table): boolean => flags.includes('owner')

/** Null: the program has ended, or runs where this process cannot see it. */
const programOf = async (runner: Runner, { family, name }: Table): Promise<string | null> => {
  const { exitCode, stdout } = await runner.run('nft', ['-t', 'list', 'table', family, name])
  if (exitCode !== 0) return null
  const [first = ''] = stdout.split('\n', 1)
  return /^table .* \{ # progname (.+)$/.exec(first)?.[1] ?? null
}
