import type { NetlinkSocket, RuleReading, Runner } from '@portolan/core'
import { MissingToolError, PermissionError } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import { dialects, type RulesOf } from '../backend/dialects.ts'
import { hostAccess } from './host-access.ts'
import type { HostRules } from './host-rules.ts'
import { readEach } from './read-each.ts'
import { withRuleSocket } from './with-rule-socket.ts'

/**
 * Reads the rules of this host in every backend: the managed rules of nftables, and all rules of iptables. A backend
 * that this process may not read, or whose program is missing, is left empty. `unread` names it if it may have rules.
 * An error of the backend in `needed` is thrown instead.
 *
 * @param options - `counters`: read the counters of iptables rules too, except in the backend in `needed`; `without`:
 * backends that are not asked, and left empty
 * @internal
 */
export const readRules = async (
  runner: Runner,
  needed: Backend | null,
  {
    counters = false,
    without = [],
  }: { readonly counters?: boolean; readonly without?: readonly Backend[] } = {},
): Promise<HostRules> => {
  const incomplete = new Set<Backend>()
  const attempt = async <One extends Backend>(backend: One): Promise<RuleReading<RulesOf<One>>> => {
    if (without.includes(backend)) return { rules: dialects[backend].empty, unread: [], hidden: [] }
    try {
      const reading = await readOne(backend, runner, backend === needed, counters)
      if (reading.unread.length + reading.hidden.length > 0) incomplete.add(backend)
      return reading
    } catch (error) {
      const tolerable = error instanceof PermissionError || error instanceof MissingToolError
      if (!tolerable || backend === needed) throw error
      incomplete.add(backend)
      return { rules: dialects[backend].empty, unread: unreadFor(backend, error), hidden: [] }
    }
  }
  const rules = await readEach(attempt)
  return incomplete.size === 0
    ? rules
    : { ...rules, incomplete: backends.filter((backend) => incomplete.has(backend)) }
}

/**
 * A backend without its program has no managed rules to read, unless another program left rules behind and they are
 * seen.
 */
const unreadFor = (backend: Backend, error: PermissionError | MissingToolError): readonly string[] =>
  error instanceof PermissionError || error.unread !== undefined
    ? [`The ${backend} rules could not be read: ${error.message}`]
    : []

const readOne = async <One extends Backend>(
  backend: One,
  runner: Runner,
  isNeeded: boolean,
  counters: boolean,
): Promise<RuleReading<RulesOf<One>>> => {
  const dialect = dialects[backend]
  if (dialect.sharesChains && !isNeeded) return dialect.inspectAll(hostAccess(runner, null, counters))
  const inspect = async (socket: NetlinkSocket | null): Promise<RuleReading<RulesOf<One>>> => ({
    ...{ rules: await dialect.inspect(hostAccess(runner, socket)), unread: [], hidden: [] },
  })
  return dialect.sharesChains ? inspect(null) : withRuleSocket(runner, inspect)
}
