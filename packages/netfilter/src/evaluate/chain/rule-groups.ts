import { type RangeSet, rangeSet } from '../../address/range-set.ts'
import type { CompareStep, MatchStep, NetfilterRule, ValueRange } from '../../model/index.ts'
import { isMatch } from '../value/compile-match.ts'
import { banAt, listsOf, NO_BAN } from './rule-lists.ts'

/**
 * A list of bans: rules that differ only in the addresses they match, and that end the walk of the chain. They are
 * tested as one.
 */
export interface RuleGroup {
  /** Their places in the chain, rising. */
  readonly places: readonly number[]
  /** The other matches, which all rules share. */
  readonly others: readonly MatchStep[]
  /** The match on addresses, of the first rule. */
  readonly differs: CompareStep
  /** The addresses that each rule matches, in the order of the rules. */
  readonly ranges: readonly (readonly ValueRange[])[]
  /** Cache: the addresses that some of the rules match, by the first rule and the one after the last. */
  readonly sets: Map<string, RangeSet>
}

/** Fewer rules than this are tested one by one. */
const FEW = 4

/** Rules that are tested one by one, and groups that are tested as one. */
export interface Grouped {
  readonly singles: readonly number[]
  readonly groups: readonly RuleGroup[]
}

/**
 * Finds the groups among some rules of a chain. The rules of a group follow one another, with none of the others in
 * between.
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

/** The addresses that the rules of a group match, from one rule up to another. */
export const setOf = ({ ranges, sets }: RuleGroup, from: number, to: number): RangeSet => {
  const key = `${from} ${to}`
  const known = sets.get(key)
  if (known !== undefined) return known
  const made = rangeSet(ranges.slice(from, to).flat())
  sets.set(key, made)
  return made
}
