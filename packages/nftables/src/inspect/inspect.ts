import type { NetlinkSocket, Runner } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { listFailure } from '../apply/failure.ts'
import { tableFamily, tableName } from '../compile/ours.ts'
import { emptyRuleset, type NamedSet, type Ruleset } from '../model/index.ts'
import { parse } from '../parse/parse.ts'
import { generation } from '../wire/generation.ts'
import { readElements } from '../wire/read-elements.ts'

/** @public @since 0.1.0 */
export interface InspectOptions {
  /**
   * A netlink socket to read the elements of our maps over, which is many times faster than to have nft print them.
   * Where they are not as we write them, or change meanwhile, nft is asked for everything all the same.
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
 * @example
 * const actual = await inspect(runner)
 * @public @since 0.1.0
 */
export const inspect = async (runner: Runner, { socket }: InspectOptions = {}): Promise<Ruleset> =>
  (socket === undefined ? null : await inspectQuickly(runner, socket)) ?? (await list(runner, []))

const list = async (runner: Runner, options: readonly string[]): Promise<Ruleset> => {
  const args = ['-j', ...options, 'list', 'table', tableFamily, tableName]
  const result = await runner.run('nft', args)
  if (result.exitCode === 0) return parse(result.stdout, 'nft')
  if (/No such file or directory/.test(result.stderr)) return emptyRuleset
  throw listFailure(args, result)
}

/** The table without elements from nft, the elements from the kernel; null when that gave no whole picture. */
const inspectQuickly = async (runner: Runner, socket: NetlinkSocket): Promise<Ruleset | null> => {
  const before = await ask(() => generation(socket))
  if (before === null) return null
  // `--terse` leaves out what named sets hold; anonymous ones are listed whole.
  const { tables, opaque } = await list(runner, ['-t'])
  const filled = []
  for (const table of tables) {
    const sets = await fill(table.sets, socket)
    if (sets === null) return null
    filled.push({ ...table, sets })
  }
  // Both parts are of one moment only if no rule changed between.
  return (await ask(() => generation(socket))) === before ? { tables: filled, opaque } : null
}

const fill = async (
  sets: readonly NamedSet[],
  socket: NetlinkSocket,
): Promise<readonly NamedSet[] | null> => {
  const filled: NamedSet[] = []
  for (const set of sets) {
    const elements = await ask(() => readElements(socket, set))
    if (elements === null) return null
    filled.push({ ...set, elements })
  }
  return filled
}

/** What goes wrong on the socket is no reason to fail: nft is asked then, and says why if it fails too. */
const ask = async <Answer>(question: () => Promise<Answer | null>): Promise<Answer | null> => {
  try {
    return await question()
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
