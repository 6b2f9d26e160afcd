import type { NetfilterRule } from '@portolan/netfilter'
import type { Conclusion, TraceStep } from '@portolan/netfilter/analysis'
import { culpritKey, setsMark } from './blame.ts'
import { isOurs } from './is-ours.ts'
import type { Failed, Judgement } from './judge.ts'

/** What would become of the packet without these rules. */
type Without = (rules: Iterable<NetfilterRule>) => Judgement

/** Where all of them together are not to blame, so many are asked about one by one, the last ones. */
const MOST_ASKED = 16

/**
 * The rule that sets the mark by which packets are led away. Bits that no routing rule asks for lead nothing away, and a
 * later rule may have set those that do anew.
 *
 * @returns the last rule that the packets need, with those behind it, to fare as they do; null where no mark matters
 */
export const leadingMark = (failed: Failed, without: Without): NetfilterRule | null => {
  const rules = markingRules(lostAt(failed))
  const matter = (some: readonly NetfilterRule[]): boolean => isMended(failed, without(some))
  // Where packets without a mark fare the same, one that takes bits away may lead them there.
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

/** The packet that fails: the first one where it came to a wrong place, else the one that was lost. */
const lostAt = ({ fault, conclusion: { reached, end } }: Failed): World =>
  fault === 'stopped' ? end.world : reached.world

/** The rules of others that gave packets of the flow a mark, the last one first. */
const markingRules = ({ trace }: World): readonly NetfilterRule[] => {
  const rules = new Set<NetfilterRule>()
  for (let step = trace; step !== null; step = step.before)
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
