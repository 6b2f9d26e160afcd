import { assumeBackend } from '../backend/assume-backend.ts'
import type { Backend } from '../backend/backend.ts'
import type { RulesByBackend } from '../backend/dialects.ts'
import { backendsInForce } from '../host-rules/backends-in-force.ts'
import type { PlanOptions } from './plan-options.ts'

/**
 * Settles on the backend of a plan for a host whose rules are known, and that cannot be asked which programs it has.
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
 * The backend that has the rules of a project. Of several, as a switch that was killed leaves them, the one that is gone by
 * otherwise.
 * @internal
 */
export const keptBackend = (project: string, rules: RulesByBackend, otherwise: Backend): Backend => {
  const inForce = backendsInForce(project, rules)
  return inForce.includes(otherwise) ? otherwise : (inForce[0] ?? otherwise)
}
