import type { NetlinkSocket, Runner } from '@portolan/core'
import { StaleStateError } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import { type DialectOf, dialects, generation, type RulesOf } from '../backend/dialects.ts'
import { hostAccess } from './host-access.ts'
import { openRuleSocket } from './with-rule-socket.ts'

/**
 * The Runner and the netlink socket through which rules are changed.
 * @internal
 */
export interface RuleChannel {
  readonly runner: Runner
  /** Null: programs change the rules. */
  readonly socket: NetlinkSocket | null
  /**
   * The generation of the rules when the channel was opened. Null: it is not known, or a change went through the
   * channel.
   */
  generation: number | null
  close(): void
}

/**
 * Opens a channel. It must be opened before the rules are read, so that a change in between does not go unseen.
 * @param parts - the parts of the changes; a part that is no backend is ignored
 * @internal
 */
export const openRuleChannel = async (parts: ReadonlySet<string>, runner: Runner): Promise<RuleChannel> => {
  const isAsked = backends.some((backend) => dialects[backend].speaksNetlink && parts.has(backend))
  const socket = isAsked ? openRuleSocket(runner) : null
  return {
    runner,
    socket,
    generation: socket === null ? null : await generation(socket),
    close: () => socket?.close(),
  }
}

/**
 * The most attempts. Other programs change their own rules at any time, and after each such change ours are read again.
 */
const ATTEMPTS = 25

/**
 * Carries out changes of rules. Over a socket, the changes are for the generation in which the rules were read. In
 * another generation the managed rules are read again, and have to be unchanged.
 *
 * @param planned - the rules for which the changes were planned
 * @throws StaleStateError when the managed rules are no longer those
 * @internal
 */
export const changeRules = async <One extends Backend>(
  backend: One,
  changes: ReturnType<DialectOf<One>['diff']>,
  planned: RulesOf<One>,
  channel: RuleChannel,
): Promise<void> => {
  const dialect = dialects[backend]
  const { runner } = channel
  const socket = dialect.speaksNetlink ? channel.socket : null
  let expected = socket === null ? null : channel.generation
  channel.generation = null
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await dialect.apply(changes, runner, { socket, generation: expected })
    } catch (error) {
      const isOther = error instanceof StaleStateError && attempt < ATTEMPTS
      if (!isOther || socket === null || expected === null) throw error
      const now = await generation(socket)
      const rules = await dialect.inspect(hostAccess(runner, socket))
      if (now === expected || !dialect.isUnchanged(planned, rules)) throw error
      expected = now
    }
  }
}
