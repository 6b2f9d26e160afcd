import { outwardInterfaces } from '@portolan/core'
import type { Backend } from '../backend/backend.ts'
import { dialects, type RulesByBackend, type RulesOf } from '../backend/dialects.ts'
import type { Plan } from '../plan/plan.ts'

/** The parts of a plan from which a script is made. */
export type ScriptedPlan = Pick<Plan, 'desired' | 'backend' | 'project' | 'observed'>

/**
 * All managed rules that a host is to have in one backend: those of the project, and those of every other project as
 * the plan saw them. A script replaces our table or empties the chains that projects share. So it removes whatever it
 * does not contain.
 * @internal
 */
export const wholeRules = <One extends Backend>(
  backend: One,
  { desired, project, observed: { facts, rules } }: ScriptedPlan,
): RulesOf<One> => {
  const actual: RulesByBackend = rules
  return dialects[backend].adopt(actual[backend], desired, project, { leaving: outwardInterfaces(facts) })
}
