import type { Runner } from '@portolan/core'
import { InspectError, ParseError } from '@portolan/netfilter'
import { listFailure } from '../apply/failure.ts'
import { emptyRuleset, type Ruleset, type Table } from '../model/index.ts'
import { parse } from '../parse/parse.ts'
import { withPrograms } from './with-programs.ts'

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
