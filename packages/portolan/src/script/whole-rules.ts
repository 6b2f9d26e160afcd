import { outwardInterfaces } from '@portolan/core'
import type { Backend } from '../backend/backend.ts'
import { dialects, type RulesByBackend, type RulesOf } from '../backend/dialects.ts'
import type { Plan } from '../plan/plan.ts'

/** What a script is made of. */
export type ScriptedPlan = Pick<Plan, 'desired' | 'backend' | 'project' | 'observed'>

/**
 * All that a host is to have of ours in one backend: the project, and every other one as the plan saw it. A script
 * replaces our table or empties the chains that projects share, so what is left out of it is removed.
 * @internal
 */
export const wholeRules = <One extends Backend>(
  backend: One,
  { desired, project, observed: { facts, rules } }: ScriptedPlan,
): RulesOf<One> => {
  const actual: RulesByBackend = rules
  return dialects[backend].adopt(actual[backend], desired, project, { leaving: outwardInterfaces(facts) })
}
