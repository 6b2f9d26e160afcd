import { lackOf, programEnd, type Runner } from '@portolan/core'
import { type Family, InspectError, MissingToolError, PermissionError } from '@portolan/netfilter'
import { isDenied, listFailure } from '../apply/failure.ts'
import { builtInChains, isBuiltIn } from '../model/chain/built-in.ts'
import type { IptablesChange } from '../model/change.ts'

/**
 * A table of iptables-nft in nf_tables, with the base chains that exist in it. iptables-nft-save does not show which
 * exist: it lists every built-in chain of a table.
 * @public @since 0.1.0
 */
export interface BaseTable {
  readonly family: Family
  readonly table: string
  readonly chains: readonly string[]
}

/**
 * A table or base chains that changes created, besides our own chains.
 * @public @since 0.1.0
 */
export interface CreatedTable extends BaseTable {
  /** True: the table itself was created too, and not only these chains. */
  readonly whole: boolean
}

interface ListedTable extends BaseTable {
  /** The chains with rules, or with another policy than accept. */
  readonly busy: readonly string[]
  /** The number of chains, sets and other objects that are not base chains of iptables. */
  readonly others: number
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined

const text = (value: unknown, name: string): string => {
  const found = field(value, name)
  return typeof found === 'string' ? found : ''
}

const readList = (json: string): readonly ListedTable[] => {
  const items = field(JSON.parse(json), 'nftables')
  const tables = new Map<
    string,
    { family: Family; table: string; chains: string[]; busy: string[]; others: number }
  >()
  const find = (family: string, table: string) => {
    if ((family !== 'ip' && family !== 'ip6') || builtInChains[table] === undefined) return undefined
    const key = `${family} ${table}`
    const known = tables.get(key) ?? { family, table, chains: [], busy: [], others: 0 }
    tables.set(key, known)
    return known
  }
  for (const item of Array.isArray(items) ? items : []) {
    const [kind, value] = Object.entries(item as object)[0] ?? ['', undefined]
    if (kind === 'metainfo') continue
    if (kind === 'table') {
      find(text(value, 'family'), text(value, 'name'))
      continue
    }
    const table = find(text(value, 'family'), text(value, 'table'))
    if (table === undefined) continue
    const name = text(value, 'name')
    if (kind === 'rule') table.busy.push(text(value, 'chain'))
    else if (kind !== 'chain' || field(value, 'hook') === undefined || !isBuiltIn(table.table, name)) {
      table.others += 1
    } else {
      table.chains.push(name)
      if (text(value, 'policy') !== 'accept') table.busy.push(name)
    }
  }
  return [...tables.values()]
}

const runNft = async (runner: Runner, args: readonly string[], input?: string): Promise<string> => {
  try {
    const result = await runner.run('nft', args, input === undefined ? {} : { input })
    if (result.exitCode === 0) return result.stdout
    const command = `nft ${args.join(' ')}`
    if (lackOf(result) !== null)
      throw listFailure(command, result, input === undefined ? 'read the rules' : 'change the rules')
    const { exitCode, stderr } = result
    if (isDenied(stderr)) {
      throw new PermissionError(
        'nft may not be used: run this as root, or with CAP_NET_ADMIN.',
        'CAP_NET_ADMIN',
      )
    }
    throw new InspectError(`"${command}" failed: ${programEnd(result)}. Run this again.`, {
      command,
      exitCode,
      stderr,
    })
  } catch (error) {
    if (error instanceof MissingToolError) throw new MissingToolError('nft', 'nftables', { cause: error })
    throw error
  }
}

const list = async (runner: Runner): Promise<readonly ListedTable[]> =>
  readList(await runNft(runner, ['-j', '-t', 'list', 'ruleset']))

/**
 * Lists the existing tables and base chains of iptables-nft, to be passed to `createdBy` later.
 * @throws MissingToolError, PermissionError, InspectError
 * @public @since 0.1.0
 */
export const listBaseTables = async (runner: Runner): Promise<readonly BaseTable[]> =>
  (await list(runner)).map(({ family, table, chains }) => ({ family, table, chains }))

/**
 * Predicts what iptables-nft will create when it carries out changes: a table at its first use, and a base chain with
 * its first rule (measured, 1.8.11). The answer comes before `apply`, so that it can be stored first and survives a
 * crash.
 *
 * @example
 * createdBy(await listBaseTables(runner), changes)
 * @public @since 0.1.0
 */
export const createdBy = (
  before: readonly BaseTable[],
  changes: readonly IptablesChange[],
): readonly CreatedTable[] => {
  const created = new Map<string, { family: Family; table: string; chains: string[]; whole: boolean }>()
  for (const { operation } of changes) {
    if (operation.kind === 'delete-rule' || operation.kind === 'delete-chain') continue
    const { family, table, chain } = operation
    const known = before.find((one) => one.family === family && one.table === table)
    const entry = created.get(`${family} ${table}`) ?? {
      family,
      table,
      chains: [],
      whole: known === undefined,
    }
    const missing = isBuiltIn(table, chain) && !(known?.chains ?? []).includes(chain)
    if (missing && !entry.chains.includes(chain)) entry.chains.push(chain)
    if (entry.whole || missing) created.set(`${family} ${table}`, entry)
  }
  return [...created.values()]
}

/**
 * Removes what we created and no other program uses: base chains without rules and with policy accept, and tables that
 * hold nothing else. A chain or table that another program uses by now stays.
 *
 * @returns the removed chains and tables
 * @throws MissingToolError, PermissionError, InspectError
 * @public @since 0.1.0
 */
export const removeCreated = async (
  created: readonly CreatedTable[],
  runner: Runner,
): Promise<readonly CreatedTable[]> => {
  if (created.length === 0) return []
  const actual = await list(runner)
  const gone = created.flatMap((one): readonly CreatedTable[] => {
    const now = actual.find((table) => table.family === one.family && table.table === one.table)
    if (now === undefined) return []
    const chains = one.chains.filter((chain) => now.chains.includes(chain) && !now.busy.includes(chain))
    const whole = one.whole && now.others === 0 && chains.length === now.chains.length
    return chains.length === 0 && !whole ? [] : [{ ...one, chains, whole }]
  })
  // A chain is deleted by name even where its table is deleted: nft refuses to delete a chain with rules, and such a
  // chain must stop the whole.
  const lines = gone.flatMap(({ family, table, chains, whole }) => [
    ...chains.map((chain) => `delete chain ${family} ${table} ${chain}`),
    ...(whole ? [`delete table ${family} ${table}`] : []),
  ])
  if (lines.length > 0) await runNft(runner, ['-f', '-'], `${lines.join('\n')}\n`)
  return gone
}
