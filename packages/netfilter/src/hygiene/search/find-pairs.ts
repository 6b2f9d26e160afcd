import { conntrackState } from '../../model/index.ts'
import { type ActionKind, actsAlike } from './action.ts'
import { type Box, boxWithin, type Region } from './box.ts'
import { type BoxIndex, type Entry, indexBoxes } from './box-index.ts'
import type { ChainReading } from './read-chain.ts'
import type { RuleReading } from './read-rule.ts'
import { hasValue } from './spans.ts'

/** A rule, and some earlier rules that share packets with it and do something else. */
export interface Paired {
  readonly kind: 'narrower' | 'crossing'
  readonly rule: RuleReading
  /** Some of these rules, in the order of the chain. */
  readonly others: readonly RuleReading[]
  readonly hasMore: boolean
  readonly certainty: 'certain' | 'possible'
}

/** The most rules named for one rule, and the most boxes looked at for one of its boxes. */
const MOST_NAMED = 8
const MOST_LOOKED = 256

const deciding: ReadonlySet<ActionKind> = new Set<ActionKind>([
  'accept',
  'drop',
  'reject',
  'return',
  'translate',
])

/**
 * Finds the pairs of rules with an order that decides. A rule that matches no packet in state new makes no pair:
 * such rules are the usual beginning of a chain.
 *
 * @param isCovered - whether a rule never acts
 */
export const findPairs = (chain: ChainReading, isCovered: (at: number) => boolean): readonly Paired[] => {
  const among = chain.rules.filter(
    ({ at, action, outer }) =>
      chain.looked.has(at) && deciding.has(action.kind) && !isCovered(at) && !isOfOldFlows(outer),
  )
  const byKind = new Map<ActionKind, BoxIndex<Entry>>()
  for (const kind of deciding) {
    const own = among.filter(({ action }) => action.kind === kind)
    if (own.length > 0)
      byKind.set(kind, indexBoxes(own.flatMap(({ at, outer }) => outer.map((box) => ({ at, box })))))
  }
  return among.flatMap((rule) => {
    const indexes = [...byKind].flatMap(([kind, index]) =>
      // Two rules of these two kinds may do different things.
      kind !== rule.action.kind || kind === 'translate' || kind === 'reject' ? [index] : [],
    )
    return [...findNarrower(chain, rule, indexes), ...findCrossing(chain, rule, indexes)]
  })
}

/** Whether all packets belong to a flow that was seen before, or to none. */
const isOfOldFlows = (outer: Region): boolean =>
  outer.every((box) =>
    [...box].some(
      ([dimension, spans]) => dimension.startsWith('ct state') && !hasValue(spans, conntrackState.new),
    ),
  )

const within = (outer: Region, boxes: readonly Box[]): boolean =>
  outer.every((box) => boxes.some((wide) => boxWithin(box, wide)))

const endingBoxes = ({ endings }: RuleReading): readonly Box[] => endings.map(({ box }) => box)

const isNarrower = (rule: RuleReading, other: RuleReading): boolean =>
  within(other.outer, endingBoxes(rule)) && !within(rule.outer, other.outer)

const isCrossing = (rule: RuleReading, other: RuleReading): boolean =>
  !within(other.outer, rule.outer) && !within(rule.outer, other.outer)

const findNarrower = (
  chain: ChainReading,
  rule: RuleReading,
  indexes: readonly BoxIndex<Entry>[],
): readonly Paired[] => {
  const { found, hasMore } = gather(chain, rule, indexes, true, isNarrower)
  return found.length === 0 ? [] : [{ kind: 'narrower', rule, others: found, hasMore, certainty: 'certain' }]
}

const findCrossing = (
  chain: ChainReading,
  rule: RuleReading,
  indexes: readonly BoxIndex<Entry>[],
): readonly Paired[] => {
  const { found, hasMore } = gather(chain, rule, indexes, false, isCrossing)
  if (found.length === 0) return []
  const isSure = rule.isKnown && found.every(({ isKnown }) => isKnown)
  return [{ kind: 'crossing', rule, others: found, hasMore, certainty: isSure ? 'certain' : 'possible' }]
}

const gather = (
  chain: ChainReading,
  rule: RuleReading,
  indexes: readonly BoxIndex<Entry>[],
  narrower: boolean,
  counts: (rule: RuleReading, other: RuleReading) => boolean,
): { readonly found: readonly RuleReading[]; readonly hasMore: boolean } => {
  const found = new Map<number, RuleReading>()
  let hasMore = false
  for (const index of indexes)
    for (const box of rule.outer) {
      const hasLookedAtAll = index.visitOverlapping({
        box,
        stretch: { from: 0, to: rule.at },
        narrower,
        most: MOST_LOOKED,
        visit: ({ at }) => {
          const other = chain.rules[at]
          if (other !== undefined && !actsAlike(rule.action, other.action) && counts(rule, other))
            found.set(at, other)
          return found.size <= MOST_NAMED
        },
      })
      hasMore ||= !hasLookedAtAll || found.size > MOST_NAMED
      if (found.size > MOST_NAMED) break
    }
  const all = [...found.values()].sort((a, b) => a.at - b.at)
  return { found: all.slice(0, MOST_NAMED), hasMore }
}
