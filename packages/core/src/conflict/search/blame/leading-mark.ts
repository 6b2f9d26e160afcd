import type { NetfilterRule } from '@portolan/netfilter'
import type { Conclusion, TraceStep } from '@portolan/netfilter/analysis'
import { isOurs } from '../follow/is-ours.ts'
import type { Failed, Judgement } from '../follow/judge.ts'
import { culpritKey, setsMark } from './blame.ts'

/** The judgement of the packet without these rules. */
type Without = (rules: Iterable<NetfilterRule>) => Judgement

/** If the rules together are not to blame, so many of them are tried one by one, the last ones first. */
const MOST_ASKED = 16

/**
 * Finds the rule that sets the mark by which packets are led away. Only bits that routing rules ask for matter, and a
 * later rule may have set these again.
 *
 * @returns the last rule without which, together with those after it, the failure ends; null: no mark matters
 */
export const leadingMark = (failed: Failed, without: Without): NetfilterRule | null => {
  const rules = markingRules(lostAt(failed))
  const matter = (some: readonly NetfilterRule[]): boolean => isMended(failed, without(some))
  // If packets without any mark have the same result, a rule that clears bits may be what leads them there.
  if (!matter(rules)) return rules.slice(0, MOST_ASKED).find((rule) => matter([rule])) ?? null
  let [few, many] = [0, rules.length]
  while (many - few > 1) {
    const middle = (few + many) >> 1
    if (matter(rules.slice(0, middle))) many = middle
    else few = middle
  }
  return rules[many - 1] ?? null
}

type World = Conclusion['end']['world']

/** The packet that fails: the first packet if it came to a wrong place, else the packet that was lost. */
const lostAt = ({ fault, conclusion: { reached, end } }: Failed): World =>
  fault === 'stopped' ? end.world : reached.world

/** The foreign rules that set a mark on packets of the flow, the last one first. */
const markingRules = ({ trace }: World): readonly NetfilterRule[] => {
  const rules = new Set<NetfilterRule>()
  for (let step = trace; step !== null; step = step.before)
    if (step.rule !== null && setsMark(step) && !isOurs(step)) rules.add(step.rule)
  return [...rules]
}

/** Whether the failure ends. If an earlier packet fails instead, that says nothing. */
const isMended = (failed: Failed, other: Judgement): boolean => {
  if (other.kind === 'kept') return true
  const [before, after] = [lostAt(failed), lostAt(other)]
  if (before.packet !== after.packet) return before.packet < after.packet
  return (
    failed.fault !== other.fault ||
    before.out !== after.out ||
    before.daddr !== after.daddr ||
    before.dport !== after.dport ||
    (failed.fault === 'stopped' && !isSameEnd(before.trace, after.trace))
  )
}

const isSameEnd = (a: TraceStep | null, b: TraceStep | null): boolean =>
  a?.deed.kind === b?.deed.kind && culpritKey(a) === culpritKey(b)
