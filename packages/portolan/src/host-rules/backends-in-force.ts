import { type Backend, backends } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'

/**
 * The backends that have rules of a project.
 * @internal
 */
export const backendsInForce = (project: string, rules: RulesByBackend): readonly Backend[] =>
  backends.filter((backend) => hasProject(backend, rules, project))

const hasProject = <One extends Backend>(backend: One, rules: RulesByBackend, project: string): boolean =>
  dialects[backend].projectsIn(rules[backend]).includes(project)
