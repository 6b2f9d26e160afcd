import { assumeBackend } from '../backend/assume-backend.ts'
import type { Backend } from '../backend/backend.ts'
import type { RulesByBackend } from '../backend/dialects.ts'
import { backendsInForce } from '../host-rules/backends-in-force.ts'
import type { PlanOptions } from './plan-options.ts'

/**
 * Chooses the backend of a plan for a host whose rules are known, and whose installed programs are not.
 * @example
 * backendOfPlan('shop', {}, noRules) // 'nftables'
 * @public @since 0.1.0
 */
export const backendOfPlan = (
  project: string,
  { backend = 'auto', lastBackend = 'auto' }: Pick<PlanOptions, 'backend' | 'lastBackend'>,
  rules: RulesByBackend,
): Backend =>
  backend === 'auto' ? keptBackend(project, rules, assumeBackend(lastBackend)) : assumeBackend(backend)

/**
 * The backend that has the rules of a project. A killed switch may leave rules in several. `otherwise` is the answer
 * when it has rules, or when no backend has any.
 * @internal
 */
export const keptBackend = (project: string, rules: RulesByBackend, otherwise: Backend): Backend => {
  const inForce = backendsInForce(project, rules)
  return inForce.includes(otherwise) ? otherwise : (inForce[0] ?? otherwise)
}
