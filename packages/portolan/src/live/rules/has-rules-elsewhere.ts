import type { Backend } from '../../backend/backend.ts'
import type { RulesByBackend } from '../../backend/dialects.ts'
import { backendsInForce } from '../../host-rules/backends-in-force.ts'

/**
 * Has a project rules in another backend than this one?
 * @example
 * hasRulesElsewhere('shop', 'nftables', noRules) // false
 * @public @since 0.1.0
 */
export const hasRulesElsewhere = (project: string, backend: Backend, rules: RulesByBackend): boolean =>
  backendsInForce(project, rules).some((one) => one !== backend)
