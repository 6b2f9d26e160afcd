import type { Backend } from '../backend/backend.ts'
import type { RuleChange } from '../backend/dialects.ts'
import type { PlanChange } from './plan.ts'

const isOfBackend = <One extends Backend>(
  change: PlanChange,
  backend: One,
): change is PlanChange & RuleChange<One> => change.part === backend

/**
 * The changes to one backend's rules among all changes of a plan.
 * @internal
 */
export const changesOf = <One extends Backend>(
  changes: readonly PlanChange[],
  backend: One,
): readonly RuleChange<One>[] => {
  const isOwn = (change: PlanChange): change is PlanChange & RuleChange<One> => isOfBackend(change, backend)
  return changes.every(isOwn) ? changes : changes.filter(isOwn)
}

/**
 * Tells whether a change of a backend meets a condition. No list is built, because there may be 100,000 changes.
 * @internal
 */
export const hasChangeOf = <One extends Backend>(
  changes: readonly PlanChange[],
  backend: One,
  isIt: (change: RuleChange<One>) => boolean,
): boolean => changes.some((change) => isOfBackend(change, backend) && isIt(change))
