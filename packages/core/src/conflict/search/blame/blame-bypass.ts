import type { NetfilterRule } from '@portolan/netfilter'
import type { Follower, TraceStep } from '@portolan/netfilter/analysis'
import { followWithout } from '../follow/explore.ts'
import { isForeign } from '../follow/foreign-step.ts'
import type { Failed, Judgement } from '../follow/judge.ts'
import type { Point } from '../region/region.ts'
import type { Row } from '../rows/row.ts'
import { type Blame, blame, setsMark } from './blame.ts'
import { leadingMark } from './leading-mark.ts'

/**
 * Finds out why a packet does not get the result that the contract promises.
 *
 * @param ignored - rules and policies that are treated as absent
 * @returns null when a packet came in and no foreign rule is to blame
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

/**
 * Blames a failure. To find the rule that sets the mark by which packets are led away, marking rules are treated as
 * absent.
 */
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

/** The most rules to look for: behind a rule that lets a packet in there may be another. */
const MOST_BEHIND = 16

/**
 * Finds the foreign rule without which the packet would be stopped. If several rules must be absent together, the first
 * of them is returned. The next one is found when that rule is treated as absent.
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
  // Without a rule that jumps to a chain, no rule of that chain acts either. So the rules that do not jump come first.
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

/** The foreign rules that acted on the first packet, in their order, each with its step in the trace. */
const foreignRules = ({ conclusion: { reached } }: Failed): ReadonlyMap<NetfilterRule, TraceStep> => {
  const steps: [NetfilterRule, TraceStep][] = []
  for (let step = reached.world.trace; step !== null; step = step.before)
    if (step.rule !== null && isForeign(step)) steps.push([step.rule, step])
  return new Map(steps.reverse())
}
