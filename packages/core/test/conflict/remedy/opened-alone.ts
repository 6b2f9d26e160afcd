import {
  type Conclusion,
  type Followed,
  hasValue,
  isArrival,
  type Learner,
  valueSet,
} from '@portolan/netfilter/analysis'
import { stopperOf } from '../../../src/conflict/remedy/find-opened.ts'
import { followSuspect, learnerFor } from '../../../src/conflict/remedy/follow-suspect.ts'
import type { Judged, Suspects } from '../../../src/conflict/remedy/judged.ts'
import { freeFields, type Point, type Region } from '../../../src/conflict/search/region/region.ts'

/** True: a remedy lets in a packet that it must not. Each packet is followed alone, on all its possible ways. */
export const isOpenedAlone = (judged: Judged, suspects: Suspects, point: Point): boolean => {
  const { follower, inserted, passedBy } = judged
  // `freeFields` has every key of a region, which the type of `Object.fromEntries` does not say.
  const only = Object.fromEntries(
    freeFields.map((name) => [name, valueSet([point[name]])]),
  ) as unknown as Region
  const watching: Learner = { ...learnerFor(suspects, only, point, only), watched: inserted }
  const after = followSuspect(follower, suspects, point, watching)
  if (!watching.hasActed || !isOnTheWay(after, inserted)) return false
  const without = (ignored: ReadonlySet<object>): Followed =>
    followSuspect(follower, suspects, point, { ...learnerFor(suspects, only, point, only), ignored })
  if (!passesAnew(without(inserted), after)) return false
  const isWanted = judged
    .open(suspects)
    .some((one) => freeFields.every((name) => hasValue(one[name], point[name])))
  return !isWanted || passesAnew(without(passedBy), after)
}

const passesAnew = ({ conclusions: before }: Followed, { conclusions: after }: Followed): boolean => {
  if (!after.some(passes)) return false
  if (!before.some(passes)) return true
  const still = stoppers(after)
  return stoppers(before).some((one) => !still.includes(one))
}

const passes = ({ end }: Conclusion): boolean => isArrival(end)

const stoppers = (all: readonly Conclusion[]): readonly (object | string)[] =>
  all.flatMap((one) => (passes(one) ? [] : [stopperOf(one.end.world.trace)]))

const isOnTheWay = ({ conclusions }: Followed, rules: ReadonlySet<object>): boolean =>
  conclusions.some(({ end }) => {
    for (let step = end.world.trace; step !== null; step = step.before)
      if (step.rule !== null && rules.has(step.rule)) return true
    return false
  })
