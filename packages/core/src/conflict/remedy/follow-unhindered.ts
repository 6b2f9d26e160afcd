import {
  conditionsWithout,
  type Followed,
  isArrival,
  type Learner,
  noChecks,
} from '@portolan/netfilter/analysis'
import type { Point } from '../search/region.ts'
import { followSuspect } from './follow-suspect.ts'
import type { Judged, Suspects } from './judged.ts'
import type { Learned } from './own-ports.ts'

/**
 * The way of a packet where neither the rules of a remedy are nor the culprits that they pass by, and for which others
 * that holds.
 * - `as-before`: the remedy does nothing for it.
 * - `passes`: whatever course it takes, so no rule but the culprits stops it.
 * - `unsettled`: this alone does not tell.
 */
export type UnhinderedWay =
  | {
      readonly kind: 'as-before' | 'passes'
      readonly learned: Learned
      readonly followed: Unhindered
    }
  | { readonly kind: 'unsettled'; readonly followed: Unhindered | null }

/** A packet that was followed, and all that its way hung on. */
export interface Unhindered {
  readonly followed: Followed
  readonly learned: Learned
}

/**
 * Follows a packet so first, as this one way settles most of them.
 *
 * A packet that comes to none of these rules fares alike with them. What fails one of the checks that this one passed
 * goes less far, and comes to none of them either.
 *
 * A chain that is a check lets a packet pass or ends it, whatever rules are added or left out. A packet that passes all
 * such chains and ends elsewhere ends there, or before, with the rules in force. That holds for any other packet too,
 * whatever it is that it fails of the checks.
 */
export const followUnhindered = (
  { follower, passedBy }: Judged,
  suspects: Suspects,
  point: Point,
  anyLearner: Learner,
): UnhinderedWay => {
  const checks = noChecks()
  const learner: Learner = { ...anyLearner, ignored: passedBy, checks }
  const found = followSuspect(follower, suspects, point, learner)
  if (learner.blurred) return { kind: 'unsettled', followed: null }
  const { conclusions, run } = found
  const { conditions, exclusions } = learner
  const followed = { followed: found, learned: { conditions, exclusions } }
  const without = (...kinds: Parameters<typeof conditionsWithout>[1][]): Learned => ({
    conditions: conditionsWithout(learner, ...kinds),
    exclusions,
  })
  if (checks.isSoughtPassed && !run.truncated && !conclusions.some(({ end }) => isArrival(end)))
    return { kind: 'as-before', learned: without('sought', 'other'), followed }
  if (!learner.hasActed) return { kind: 'as-before', learned: without('other', 'after'), followed }
  if (!run.truncated && conclusions.every(({ end }) => isArrival(end)))
    return { kind: 'passes', learned: without('other'), followed }
  return { kind: 'unsettled', followed }
}
