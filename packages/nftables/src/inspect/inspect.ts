import type { NetlinkSocket, Runner } from '@portolan/core'
import { MissingToolError } from '@portolan/netfilter'
import { checkOptions } from '@portolan/netfilter/schema'
import { listFailure } from '../apply/failure.ts'
import { tableFamily, tableName } from '../compile/ours.ts'
import { emptyRuleset, type Ruleset } from '../model/index.ts'
import { parse } from '../parse/parse.ts'
import { attempt } from '../wire/read/attempt.ts'
import { readOwnTable } from '../wire/read/read-own-table.ts'
import { socketValue } from './socket-value.ts'

/** @public @since 0.1.0 */
export interface InspectOptions {
  /**
   * A netlink socket to read our table over. That is many times faster than nft, and starts no program. Where the table
   * holds anything that Portolan does not write, or changes during the reading, nft is asked after all.
   */
  readonly socket?: NetlinkSocket
}

/**
 * Reads our table from the kernel, and no other: an old nft may fail on a table that a newer program wrote.
 *
 * @returns a ruleset of one table; an empty ruleset when our table is absent
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws InspectError when nft fails for another reason
 * @throws MissingToolError when only nft can read the table, and is not installed
 * @example
 * const actual = await inspect(runner)
 * @public @since 0.1.0
 */
export const inspect = async (runner: Runner, options: InspectOptions = {}): Promise<Ruleset> => {
  checkOptions<InspectOptions>(options, { socket: socketValue }, 'the options of inspect')
  const { socket } = options
  if (socket === undefined) return list(runner)
  const read = await attempt(() => readOwnTable(socket))
  if (read !== null) return read
  try {
    return await list(runner)
  } catch (error) {
    if (!(error instanceof MissingToolError)) throw error
    throw new MissingToolError('nft', 'nftables', {
      cause: error,
      unread: `The table ${tableFamily} ${tableName} of nftables could not be read: it holds something that another program wrote, which takes nft to read.`,
    })
  }
}

const list = async (runner: Runner): Promise<Ruleset> => {
  const args = ['-j', 'list', 'table', tableFamily, tableName]
  const result = await runner.run('nft', args)
  if (result.exitCode === 0) return parse(result.stdout, 'nft')
  if (/No such file or directory/.test(result.stderr)) return emptyRuleset
  throw listFailure(args, result)
}
