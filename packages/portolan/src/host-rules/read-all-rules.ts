import type { HostAccess, RuleReading, Runner } from '@portolan/core'
import { type Family, families, InspectError, MissingToolError, ParseError } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import { dialects, type RulesOf } from '../backend/dialects.ts'
import { hostAccess } from './host-access.ts'
import type { HostRules } from './host-rules.ts'
import { readEach } from './read-each.ts'
import { withRuleSocket } from './with-rule-socket.ts'

/**
 * Reads every rule of this host in every backend, foreign tables included: all rules that a packet may meet. Rules that
 * cannot be read are named in `unread`.
 *
 * @throws PermissionError: a packet's path without those rules would be a wrong one
 * @internal
 */
export const readAllRules = (runner: Runner): Promise<HostRules> =>
  withRuleSocket(runner, (socket) => readAll(hostAccess(runner, socket)))

const readAll = async (host: HostAccess): Promise<HostRules> => {
  const attempt = async <One extends Backend>(
    backend: One,
    elsewhere: NonNullable<HostAccess['elsewhere']>,
  ): Promise<RuleReading<RulesOf<One>>> => {
    const without = (sentence: string, hidden: readonly Family[]): RuleReading<RulesOf<One>> => ({
      ...{ rules: dialects[backend].empty, unread: [sentence], hidden },
    })
    try {
      return await dialects[backend].inspectAll({ ...host, elsewhere })
    } catch (error) {
      if (error instanceof MissingToolError)
        return without(`${backend} rules, if there are any, were not read: ${error.message}`, [])
      // The unread rules may be of either family.
      if (error instanceof InspectError || error instanceof ParseError)
        return without(`${backend} rules could not be read: ${error.message}`, families)
      throw error
    }
  }
  return readEach(attempt)
}
