import { type DesiredState, outwardInterfaces } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import { changesByBackend, dialects, type RuleChange, type RulesByBackend } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import type { PlanChange } from './plan.ts'

/**
 * The changes of rules that bring a project into force in one backend and remove it from the others.
 *
 * @param desired - null: the project is removed from every backend
 * @param project - null: every project and every other managed rule is removed
 * @param facts - the facts of the host with these rules
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
  // The new backend's rules come first, so that the project is never without rules.
  const lists = [...chosen, ...others].map((one) => changes[one]).filter((list) => list.length > 0)
  const [first = [], ...more] = lists
  // A single list is returned as it is: each copy of 100,000 changes takes a megabyte.
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
  // Nothing else holds these changes yet. A copy of each would compute its texts.
  for (const change of changes) Object.assign(change, { part: backend })
  return changes as readonly RuleChange<One>[]
}
