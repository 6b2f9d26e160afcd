import { type Backend, backends } from '../../backend/backend.ts'
import { dialects, type RulesByBackend } from '../../backend/dialects.ts'

/**
 * Has a project rules in another backend than this one?
 * @example
 * hasRulesElsewhere('shop', 'nftables', noRules) // false
 * @public @since 0.1.0
 */
export const hasRulesElsewhere = (project: string, backend: Backend, rules: RulesByBackend): boolean =>
  backends.some((one) => one !== backend && hasProject(one, rules, project))

const hasProject = <One extends Backend>(backend: One, rules: RulesByBackend, project: string): boolean =>
  dialects[backend].projectsIn(rules[backend]).includes(project)
