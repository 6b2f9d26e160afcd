import type { World } from '../packet/world.ts'
import type { Condition, Learner } from './learner.ts'
import type { Stretch } from './stretch.ts'

/** The sought rules: those that are watched, else those taken for absent. */
export const soughtBy = ({ watched, ignored }: Learner): ReadonlySet<object> => watched ?? ignored

/** The conditions outside the stretches of these kinds. */
export const conditionsWithout = (
  { conditions, checks }: Learner,
  ...kinds: readonly Stretch['kind'][]
): readonly Condition[] => {
  const out = checks?.passed.filter(({ kind }) => kinds.includes(kind)) ?? []
  if (out.length === 0) return conditions
  return conditions.filter((_, at) => !out.some(({ from, to }) => from <= at && at < to))
}

/** The number of conditions noted so far. */
export const countNoted = ({ learner }: World): number => learner?.conditions.length ?? 0

/** Notes the kind of the conditions that were added since. */
export const noteStretch = ({ learner }: World, from: number, kind: Stretch['kind']): void => {
  if (learner === null || learner.checks === null || learner.conditions.length === from) return
  learner.checks.passed.push({ from, to: learner.conditions.length, kind })
}
