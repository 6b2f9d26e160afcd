import type { NetlinkSocket, Runner } from '@portolan/core'
import { MissingToolError } from '@portolan/netfilter'
import { listFailure } from '../apply/failure.ts'
import { tableFamily, tableName } from '../compile/ours.ts'
import { emptyRuleset, type Ruleset } from '../model/index.ts'
import { parse } from '../parse/parse.ts'
import { attempt } from '../wire/read/attempt.ts'
import { readOwnTable } from '../wire/read/read-own-table.ts'

/** @public @since 0.1.0 */
export interface InspectOptions {
  /**
   * A netlink socket to read our table over, which is many times faster than to have nft print it, and starts no
   * program. Where something in it is not as we write it, or changes meanwhile, nft is asked for everything all the same.
   */
  readonly socket?: NetlinkSocket
}

/**
 * Reads our table from the kernel, and nothing else: an old nft may stumble over what a newer program wrote to
 * a table of its own.
 *
 * @returns a ruleset of one table; of none when there is none
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws InspectError when nft fails for another reason
 * @throws MissingToolError when only nft can tell what is in it, and is not installed
 * @example
 * const actual = await inspect(runner)
 * @public @since 0.1.0
 */
export const inspect = async (runner: Runner, { socket }: InspectOptions = {}): Promise<Ruleset> => {
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
