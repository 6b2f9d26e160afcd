import type { NetfilterRule } from '@portolan/netfilter'
import type { Conclusion, TraceStep } from '@portolan/netfilter/analysis'
import { culpritKey, setsMark } from './blame.ts'
import { isOurs } from './is-ours.ts'
import type { Failed, Judgement } from './judge.ts'

/** What would become of the packet without these rules. */
type Without = (rules: Iterable<NetfilterRule>) => Judgement

/** So many rules that set a mark on one flow are asked about, the last ones. */
const MOST_ASKED = 16

/**
 * The rules that set the mark by which packets are led away. Bits that no routing rule asks for lead nothing away, and
 * a later rule may have set those that do anew.
 *
 * @returns the last rule without which the packets fare otherwise; where none is enough, those that it takes; empty where
 * the mark does not matter
 */
export const leadingMarks = (failed: Failed, without: Without): ReadonlySet<NetfilterRule> => {
  const rules = markingRules(lostAt(failed))
  const matter = (some: Iterable<NetfilterRule>): boolean => isMended(failed, without(some))
  for (const rule of rules) if (matter([rule])) return new Set([rule])
  const left = new Set(rules)
  if (left.size < 2 || !matter(left)) return new Set()
  for (const rule of rules) {
    left.delete(rule)
    if (!matter(left)) left.add(rule)
  }
  return left
}

type World = Conclusion['end']['world']

/** The packet that fails: the first one where it came to a wrong place, else the one that was lost. */
const lostAt = ({ fault, conclusion: { reached, end } }: Failed): World =>
  fault === 'stopped' ? end.world : reached.world

/** The rules of others that gave packets of the flow a mark, the last one first. */
const markingRules = ({ trace }: World): readonly NetfilterRule[] => {
  const rules = new Set<NetfilterRule>()
  for (let step = trace; step !== null && rules.size < MOST_ASKED; step = step.before)
    if (step.rule !== null && setsMark(step) && !isOurs(step)) rules.add(step.rule)
  return [...rules]
}

/** Does this failure end? An earlier packet that fails in its place says nothing. */
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
