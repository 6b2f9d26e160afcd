import type { Runner } from '@portolan/core'
import { type Backend, backends } from '../../backend/backend.ts'
import { dialects, type RulesByBackend } from '../../backend/dialects.ts'
import { readRules } from '../../host-rules/read-rules.ts'

/** Has a project rules in another backend than this one? */
export const isElsewhere = async (project: string, backend: Backend, runner: Runner): Promise<boolean> => {
  const rules = await readRules(runner, null)
  return backends.some((one) => one !== backend && hasProject(one, rules, project))
}

const hasProject = <One extends Backend>(backend: One, rules: RulesByBackend, project: string): boolean =>
  dialects[backend].projectsIn(rules[backend]).includes(project)
