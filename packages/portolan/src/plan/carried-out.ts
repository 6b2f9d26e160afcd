import { dialects, type RulesByBackend, rulesByBackend } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { changesOf } from './changes-of.ts'
import type { PlanChange } from './plan.ts'

/**
 * The rules that a host has after the changes of a plan. Computed from data; nothing on the host changes.
 * @example
 * carriedOut(noRules, planned.changes)
 * @public @since 0.1.0
 */
export const carriedOut = (rules: HostRules, changes: readonly PlanChange[]): HostRules => {
  const before: RulesByBackend = rules
  return {
    ...rules,
    ...rulesByBackend((backend) => dialects[backend].applyTo(before[backend], changesOf(changes, backend))),
  }
}
