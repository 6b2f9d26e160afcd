import {
  conditionsWithout,
  type Followed,
  isArrival,
  type Learner,
  noChecks,
} from '@portolan/netfilter/analysis'
import type { Point } from '../search/region/region.ts'
import { followSuspect } from './follow-suspect.ts'
import type { Judged, Suspects } from './judged.ts'
import type { Learned } from './own-ports.ts'

/**
 * The way of a packet without the rules of a remedy and without the culprits that they pass by, with the other packets
 * that it holds for.
 * - `as-before`: the remedy has no effect on the packet.
 * - `passes`: the packet passes in every course, so only the culprits stop it.
 * - `unsettled`: this way alone does not decide.
 */
export type UnhinderedWay =
  | {
      readonly kind: 'as-before' | 'passes'
      readonly learned: Learned
      readonly followed: Unhindered
    }
  | { readonly kind: 'unsettled'; readonly followed: Unhindered | null }

/** A followed packet, with everything that its way depended on. */
export interface Unhindered {
  readonly followed: Followed
  readonly learned: Learned
}

/**
 * Follows a packet this way first, because this single way settles most packets.
 *
 * A packet that reaches none of these rules has the same result with them. A packet that fails a check which this one
 * passed goes less far, so it reaches none of them either.
 *
 * A chain that is a check lets a packet pass or ends it, whatever rules are added or left out. A packet that passes all
 * such chains and ends elsewhere ends there, or earlier, with the rules in force. That holds for any other packet too,
 * whatever check it fails.
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
