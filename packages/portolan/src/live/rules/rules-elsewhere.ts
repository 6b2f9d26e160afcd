import type { Backend } from '../../backend/backend.ts'
import type { RulesByBackend } from '../../backend/dialects.ts'
import { backendsInForce } from '../../host-rules/backends-in-force.ts'

/**
 * The other backends that have rules of a project.
 * @example
 * rulesElsewhere('shop', 'nftables', noRules) // []
 * @public @since 0.1.0
 */
export const rulesElsewhere = (
  project: string,
  backend: Backend,
  rules: RulesByBackend,
): readonly Backend[] => backendsInForce(project, rules).filter((one) => one !== backend)
