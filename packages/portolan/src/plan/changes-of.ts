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
): readonly RuleChange<One>[] => {
  const isOwn = (change: PlanChange): change is PlanChange & RuleChange<One> => isOf(change, backend)
  return changes.every(isOwn) ? changes : changes.filter(isOwn)
}

/**
 * Is one of them of that kind? No list of a hundred thousand is made to tell.
 * @internal
 */
export const hasChangeOf = <One extends Backend>(
  changes: readonly PlanChange[],
  backend: One,
  isIt: (change: RuleChange<One>) => boolean,
): boolean => changes.some((change) => isOf(change, backend) && isIt(change))
