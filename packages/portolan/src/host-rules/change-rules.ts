import type { NetlinkSocket, Runner } from '@portolan/core'
import { StaleStateError } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import { type DialectOf, dialects, generation, type RulesOf } from '../backend/dialects.ts'
import { hostAccess } from './host-access.ts'
import { openRuleSocket } from './with-rule-socket.ts'

/**
 * What rules are changed with.
 * @internal
 */
export interface RuleChannel {
  readonly runner: Runner
  /** Null: programs change them. */
  readonly socket: NetlinkSocket | null
  /** Of the rules when it was opened, as far as no change went through it since; null: not known. */
  generation: number | null
  close(): void
}

/**
 * Opened before the rules are read, so that nothing that changes meanwhile goes unseen.
 * @param parts - of the changes; what is no backend does not count
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

/** Other programs change rules of theirs at any time: so often ours are read again before that is an error. */
const ATTEMPTS = 25

/**
 * Carries out changes of rules. Where they go over a socket they are for the generation that the rules were read in: in
 * another one ours are read again, and have to be what they were.
 *
 * @param planned - the rules that the changes are for
 * @throws StaleStateError when ours are no longer so
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
