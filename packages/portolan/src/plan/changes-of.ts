import type { Backend } from '../backend/backend.ts'
import type { RuleChange } from '../backend/dialects.ts'
import type { PlanChange } from './plan.ts'

const isOf = <One extends Backend>(
  change: PlanChange,
  backend: One,
): change is PlanChange & RuleChange<One> => change.part === backend

/**
 * The changes of one backend's rules among all that a plan makes.
 * @internal
 */
export const changesOf = <One extends Backend>(
  changes: readonly PlanChange[],
  backend: One,
): readonly RuleChange<One>[] => changes.flatMap((change) => (isOf(change, backend) ? [change] : []))
