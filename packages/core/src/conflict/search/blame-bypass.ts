import type { NetfilterRule } from '@portolan/netfilter'
import type { Follower, TraceStep } from '@portolan/netfilter/analysis'
import { type Blame, blame, setsMark } from './blame.ts'
import { followWithout } from './explore.ts'
import { isForeign } from './foreign-step.ts'
import type { Failed, Judgement } from './judge.ts'
import { leadingMark } from './leading-mark.ts'
import type { Point } from './region.ts'
import type { Row } from './row.ts'

/**
 * Finds out why a packet fares as the contract does not promise.
 *
 * @param ignored - rules and policies that were taken for absent
 * @returns null when no rule of others is to blame for a packet that came in
 */
export const blameFor = (
  follower: Follower,
  row: Row,
  point: Point,
  judgement: Failed,
  ignored: ReadonlySet<object>,
): Blame | null =>
  judgement.fault === 'let-in'
    ? blameBypass(follower, row, point, judgement, ignored)
    : blameFailure(follower, row, point, judgement, ignored)

/** Which rule gave packets the mark that leads them away is seen where it is taken for absent. */
const blameFailure = (
  follower: Follower,
  row: Row,
  point: Point,
  judgement: Failed,
  ignored: ReadonlySet<object>,
): Blame => {
  const found = blame(row, judgement, () => true)
  if (found.step === null || !setsMark(found.step)) return found
  const leading = leadingMark(judgement, (rules) =>
    followWithout(follower, row, point, new Set([...ignored, ...rules])),
  )
  return blame(row, judgement, ({ rule }) => rule !== null && rule === leading)
}

/** Behind a rule that lets a packet in there may be another: so many are looked for. */
const MOST_BEHIND = 16

/**
 * The foreign rule without which the packet would be stopped. Where it takes several to be absent, the first of them:
 * the next one is found when that is taken for absent.
 */
const blameBypass = (
  follower: Follower,
  row: Row,
  point: Point,
  judgement: Failed,
  ignored: ReadonlySet<object>,
): Blame | null => {
  const without = (rules: Iterable<NetfilterRule>): Judgement =>
    followWithout(follower, row, point, new Set([...ignored, ...rules]))
  const acted = foreignRules(judgement)
  // Without a rule that jumps to a chain, no rule of the chain acts either: those are asked first.
  const [jumps, others] = [[...acted].filter(isJump), [...acted].filter((one) => !isJump(one))]
  for (const [rule, step] of [...others, ...jumps])
    if (without([rule]).kind === 'kept') return { kind: 'Bypassed', step }
  const suspects = new Set(acted.keys())
  for (let left = without(suspects); left.kind === 'failed'; left = without(suspects)) {
    const before = suspects.size
    for (const rule of foreignRules(left).keys()) suspects.add(rule)
    if (suspects.size === before || suspects.size > MOST_BEHIND) return null
  }
  for (const rule of [...suspects]) {
    suspects.delete(rule)
    if (without(suspects).kind === 'failed') suspects.add(rule)
  }
  const step = [...acted].find(([rule]) => suspects.has(rule))?.[1]
  return step === undefined ? null : { kind: 'Bypassed', step }
}

const isJump = ([, { deed }]: readonly [NetfilterRule, TraceStep]): boolean => 'chain' in deed

/** The foreign rules that acted on the first packet, in their order, each with what it did. */
const foreignRules = ({ conclusion: { reached } }: Failed): ReadonlyMap<NetfilterRule, TraceStep> => {
  const steps: [NetfilterRule, TraceStep][] = []
  for (let step = reached.world.trace; step !== null; step = step.before)
    if (step.rule !== null && isForeign(step)) steps.push([step.rule, step])
  return new Map(steps.reverse())
}
