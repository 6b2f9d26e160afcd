import { type DesiredState, outwardInterfaces } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import { changesByBackend, dialects, type RuleChange, type RulesByBackend } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import type { PlanChange } from './plan.ts'

/**
 * The changes of rules that bring a project into force in one backend and take it out of every other one.
 *
 * @param desired - null: the project goes from every backend
 * @param project - null: every project goes, and whatever else is ours
 * @param facts - of the host that the rules are for
 * @internal
 */
export const planRules = (
  backend: Backend | null,
  desired: DesiredState | null,
  project: string | null,
  rules: HostRules,
  facts: HostFacts,
): readonly PlanChange[] => {
  const changes = changesByBackend((one) =>
    planBackend(one, one === backend ? desired : null, project, rules, facts),
  )
  const chosen = backends.filter((one) => one === backend)
  const others = backends.filter((one) => one !== backend)
  // The new rules first: the project is never without any.
  const lists = [...chosen, ...others].map((one) => changes[one]).filter((list) => list.length > 0)
  const [first = [], ...more] = lists
  // One list is handed on as it is: each copy of a hundred thousand changes is a megabyte.
  return more.length === 0 ? first : lists.flat()
}

const planBackend = <One extends Backend>(
  backend: One,
  desired: DesiredState | null,
  project: string | null,
  rules: RulesByBackend,
  facts: HostFacts,
): readonly RuleChange<One>[] => {
  const dialect = dialects[backend]
  const actual = rules[backend]
  const options = desired === null ? {} : { leaving: outwardInterfaces(facts) }
  const wanted = project === null ? dialect.empty : dialect.adopt(actual, desired, project, options)
  const changes = dialect.diff(actual, wanted)
  // Nothing else holds these changes yet, and a copy of each would read all its words.
  for (const change of changes) Object.assign(change, { part: backend })
  return changes as readonly RuleChange<One>[]
}
