import { actsAlike } from './action.ts'
import { boxWithin } from './box.ts'
import { type BoxIndex, type Entry, indexBoxes } from './box-index.ts'
import type { ChainReading } from './read-chain.ts'
import type { RuleReading } from './read-rule.ts'

/** A rule that a wider rule behind it makes redundant. */
export interface Repeated {
  readonly rule: RuleReading
  readonly by: RuleReading
}

/**
 * The most rules looked at behind a rule, and the most overlapping boxes between two. Beyond that, it is not reported.
 */
const MOST_LOOKED = 64
const MOST_BETWEEN = 512

/**
 * Finds rules that can be removed: a rule behind them does the same to all their packets, and nothing in between does
 * anything else to one of these.
 *
 * @param isCovered - whether a rule never acts. Such a rule may be removed itself, so it makes no other rule redundant
 */
export const findRepeated = (
  chain: ChainReading,
  isCovered: (at: number) => boolean,
): readonly Repeated[] => {
  // Every rule that acts counts, managed rules too.
  const all = chain.rules.filter(({ action }) => action.kind !== 'count')
  const acting: BoxIndex<Entry> = all.every((rule) => isEndingOnly(chain, rule))
    ? chain.endings
    : indexBoxes(all.flatMap(({ at, outer }) => outer.map((box) => ({ at, box }))))
  return [...chain.looked].flatMap((at) => {
    const rule = chain.rules[at]
    if (rule === undefined || !rule.isPlain || !rule.isKnown || rule.action.same === null || isCovered(at))
      return []
    if (rule.endings.length === 0) return []
    const by = findWider(chain, rule, acting, isCovered)
    return by === null ? [] : [{ rule, by }]
  })
}

/** Whether a rule ends the path of all packets it acts on: the endings of the chain then have it already. */
const isEndingOnly = (chain: ChainReading, { at, outer, endings }: RuleReading): boolean =>
  !chain.isOurs(at) &&
  outer.length === endings.length &&
  outer.every((box, index) => endings[index]?.box === box)

const findWider = (
  chain: ChainReading,
  rule: RuleReading,
  acting: BoxIndex<Entry>,
  isCovered: (at: number) => boolean,
): RuleReading | null => {
  const [first] = rule.outer
  if (first === undefined) return null
  const packet = chain.pick(first)
  let from = rule.at + 1
  for (let looked = 0; looked < MOST_LOOKED; looked += 1) {
    const next = acting.firstAt(packet, { from, to: chain.rules.length })
    const other = next === null ? undefined : chain.rules[next.at]
    if (other === undefined || !actsAlike(rule.action, other.action)) return null
    const isWider = rule.outer.every((box) => other.endings.some((ending) => boxWithin(box, ending.box)))
    if (isWider && !isCovered(other.at) && !chain.isOurs(other.at))
      return hasOtherBetween(chain, rule, other, acting) ? null : other
    from = other.at + 1
  }
  return null
}

const hasOtherBetween = (
  { rules }: ChainReading,
  rule: RuleReading,
  other: RuleReading,
  acting: BoxIndex<Entry>,
): boolean => {
  let found = false
  const hasLookedAtAll = rule.outer.every((box) =>
    acting.visitOverlapping({
      box,
      stretch: { from: rule.at + 1, to: other.at },
      narrower: false,
      most: MOST_BETWEEN,
      visit: ({ at }) => {
        const between = rules[at]
        found = between === undefined || !actsAlike(rule.action, between.action)
        return !found
      },
    }),
  )
  return found || !hasLookedAtAll
}
