import { type RangeSet, rangeSet } from '../../address/range-set.ts'
import type { CompareStep, MatchStep, NetfilterRule, ValueRange } from '../../model/index.ts'
import { isMatch } from '../value/compile-match.ts'
import { banAt, listsOf, NO_BAN } from './rule-lists.ts'

/**
 * Rules that are alike but for the addresses they ask for, and end the walk of the chain: a list of bans. They are
 * asked as one.
 */
export interface RuleGroup {
  /** Their places in the chain, rising. */
  readonly places: readonly number[]
  /** What they ask beside the address. */
  readonly others: readonly MatchStep[]
  /** The match that differs, of the first rule. */
  readonly differs: CompareStep
  /** What each asks for, in their order. */
  readonly ranges: readonly (readonly ValueRange[])[]
  /** What any of some of them asks for, by the first and the one after the last. */
  readonly sets: Map<string, RangeSet>
}

/** Fewer than this are asked one by one. */
const FEW = 4

/** Rules one by one, and those that are asked as one. */
export interface Grouped {
  readonly singles: readonly number[]
  readonly groups: readonly RuleGroup[]
}

/**
 * Finds the groups among some rules of a chain: those that follow one another there, with none in between that could
 * match.
 *
 * @param among - their places, rising
 */
export const groupRules = (rules: readonly NetfilterRule[], among: readonly number[]): Grouped => {
  const singles: number[] = []
  const groups: RuleGroup[] = []
  const listAt = listsOf(rules)
  let from = 0
  while (from < among.length) {
    const start = among[from] ?? 0
    const list = listAt(start)
    let to = from + 1
    while (list !== NO_BAN && to < among.length && listAt(among[to] ?? start) === list) to += 1
    const ban = to - from < FEW ? null : banAt(rules, start)
    if (ban === null) for (let at = from; at < to; at += 1) singles.push(among[at] ?? start)
    else {
      const places = among.slice(from, to)
      groups.push({
        places,
        others: rules[start]?.steps.filter(isMatch).filter((step) => step !== ban.step) ?? [],
        differs: ban.step,
        ranges: places.map((place) => banAt(rules, place)?.ranges ?? []),
        sets: new Map(),
      })
    }
    from = to
  }
  return { singles, groups }
}

/** What any of the rules of a group asks for, from one up to another. */
export const setOf = ({ ranges, sets }: RuleGroup, from: number, to: number): RangeSet => {
  const key = `${from} ${to}`
  const known = sets.get(key)
  if (known !== undefined) return known
  const made = rangeSet(ranges.slice(from, to).flat())
  sets.set(key, made)
  return made
}
