import type { Runner } from '@portolan/core'
import { InspectError, ParseError } from '@portolan/netfilter'
import { listFailure } from '../apply/failure.ts'
import { emptyRuleset, type Ruleset, type Table } from '../model/index.ts'
import { parse } from '../parse/parse.ts'

/**
 * All that nft lists of a host.
 * @public @since 0.1.0
 */
export interface WholeRuleset {
  readonly ruleset: Ruleset
  /** Tables that could not be read, each a sentence for people. */
  readonly unread: readonly string[]
}

/**
 * Reads every table of the kernel, foreign ones included. Where nft stumbles over one (an old nft over what a newer
 * program wrote, say), the tables are read one by one, and the one that fails is named in `unread`.
 *
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws InspectError when not even the names of the tables can be read
 * @example
 * const { ruleset } = await inspectAll(runner)
 * @public @since 0.1.0
 */
export const inspectAll = async (runner: Runner): Promise<WholeRuleset> => {
  try {
    return { ruleset: await withPrograms(runner, await list(runner, ['ruleset'])), unread: [] }
  } catch (error) {
    if (!isIsolable(error)) throw error
    return inspectEach(runner)
  }
}

const isIsolable = (error: unknown): error is InspectError | ParseError =>
  error instanceof InspectError || error instanceof ParseError

const inspectEach = async (runner: Runner): Promise<WholeRuleset> => {
  const { tables } = await list(runner, ['tables'])
  const read: Table[] = []
  const unread: string[] = []
  // One after the other: this is the rare way, and the order of the tables says which is older.
  for (const { family, name } of tables) {
    try {
      read.push(...(await list(runner, ['table', family, name])).tables)
    } catch (error) {
      if (!isIsolable(error)) throw error
      unread.push(`The nftables table ${family} ${name} could not be read: ${error.message}`)
    }
  }
  return { ruleset: await withPrograms(runner, { ...emptyRuleset, tables: read }), unread }
}

const list = async (runner: Runner, what: readonly string[]): Promise<Ruleset> => {
  const args = ['-j', 'list', ...what]
  const result = await runner.run('nft', args)
  if (result.exitCode === 0) return parse(result.stdout, 'nft')
  throw listFailure(args, result)
}

/**
 * The same tables, each that a program keeps for itself with the name of that program. nft reads the name in /proc and
 * prints it in text only, as a remark behind the table's name (nftables `src/rule.c`, `table_print_declaration`).
 */
const withPrograms = async (runner: Runner, ruleset: Ruleset): Promise<Ruleset> => {
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
