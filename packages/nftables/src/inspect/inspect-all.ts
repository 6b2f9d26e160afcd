import type { HostAccess, NetlinkSocket, Runner } from '@portolan/core'
import { InspectError, MissingToolError, ParseError } from '@portolan/netfilter'
import { checkOptions, functionValue } from '@portolan/netfilter/schema'
import { listFailure } from '../apply/failure.ts'
import { tableFamily, tableName } from '../compile/ours.ts'
import { emptyRuleset, type Ruleset, type Table } from '../model/index.ts'
import { parse } from '../parse/parse.ts'
import { attempt } from '../wire/read/attempt.ts'
import { type TableName, tableNames } from '../wire/read/table-names.ts'
import { inspect } from './inspect.ts'
import { socketValue } from './socket-value.ts'

/**
 * All tables that nft lists on a host.
 * @public @since 0.1.0
 */
export interface WholeRuleset {
  readonly ruleset: Ruleset
  /** Tables that could not be read, each as a sentence for people. */
  readonly unread: readonly string[]
}

/** @public @since 0.1.0 */
export interface InspectAllOptions {
  /** A netlink socket in the Runner's network namespace. Where our table is the only one, no program is started. */
  readonly socket?: NetlinkSocket
  /**
   * The tables that another reader covers, such as those of iptables-nft. Where nft is missing, they are not reported
   * as unread.
   */
  readonly elsewhere?: NonNullable<HostAccess['elsewhere']>
}

/**
 * Reads every table of the kernel, foreign ones included. Where nft fails on the whole listing, each table is read
 * alone, and `unread` names the ones that fail. An old nft may fail on a table that a newer program wrote. Where nft is
 * not installed, a socket still reads our own table and the names of the unread ones.
 *
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws InspectError when not even the names of the tables can be read
 * @throws MissingToolError when nft is not installed, and there is no socket
 * @example
 * const { ruleset } = await inspectAll(runner)
 * @public @since 0.1.0
 */
export const inspectAll = async (runner: Runner, options: InspectAllOptions = {}): Promise<WholeRuleset> => {
  checkOptions<InspectAllOptions>(
    options,
    { socket: socketValue, elsewhere: functionValue },
    'the options of inspectAll',
  )
  const { socket, elsewhere } = options
  const names = socket === undefined ? null : await attempt(() => tableNames(socket))
  if (socket === undefined || names === null) return listAll(runner)
  const foreign = names.filter((table) => !isOurs(table))
  if (foreign.length === 0) return { ruleset: await inspect(runner, { socket }), unread: [] }
  try {
    return await listAll(runner)
  } catch (error) {
    if (!(error instanceof MissingToolError)) throw error
    const read = (await elsewhere?.()) ?? []
    const unread = foreign.filter(
      ({ family, name }) => !read.some((table) => table.family === family && table.name === name),
    )
    return {
      ruleset: await inspect(runner, { socket }),
      unread: unread.length === 0 ? [] : [missingFor(unread, error)],
    }
  }
}

const isOurs = ({ family, name }: TableName): boolean => family === tableFamily && name === tableName

const missingFor = (tables: readonly TableName[], { message }: MissingToolError): string =>
  tables.length === 1
    ? `The nftables table ${tables.map(nameOf).join('')} could not be read: ${message}`
    : `The nftables tables ${tables.map(nameOf).join(', ')} could not be read: ${message}`

const nameOf = ({ family, name }: TableName): string => `${family} ${name}`

const listAll = async (runner: Runner): Promise<WholeRuleset> => {
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
  // One after the other: this case is rare. The order of the tables says which is older.
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
 * Adds the name of the owner program to each table with `flags owner`. nft reads the name in /proc and prints it only
 * in text, as a remark behind the table's name (nftables `src/rule.c`, `table_print_declaration`).
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

/** The program that owns a table. Null: the program has ended, or runs where this process cannot see it. */
const programOf = async (runner: Runner, { family, name }: Table): Promise<string | null> => {
  const { exitCode, stdout } = await runner.run('nft', ['-t', 'list', 'table', family, name])
  if (exitCode !== 0) return null
  const [first = ''] = stdout.split('\n', 1)
  return /^table .* \{ # progname (.+)$/.exec(first)?.[1] ?? null
}
