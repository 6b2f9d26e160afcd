import { type RangeSet, rangeSet } from '../address/range-set.ts'
import type { CompareStep, MatchStep, NetfilterRule, Step, ValueRange } from '../model/index.ts'
import { isMatch } from './compile-match.ts'

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
  let from = 0
  while (from < among.length) {
    const start = among[from] ?? 0
    const ban = banAt(rules, start)
    let to = from + 1
    while (ban !== null && to < among.length && areAlike(rules, start, among[to] ?? 0)) to += 1
    const places = among.slice(from, to)
    if (ban === null || places.length < FEW) singles.push(...places)
    else
      groups.push({
        places,
        others: rules[start]?.steps.filter(isMatch).filter((step) => step !== ban.step) ?? [],
        differs: ban.step,
        ranges: places.map((place) => banAt(rules, place)?.ranges ?? []),
        sets: new Map(),
      })
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

interface Ban {
  readonly step: CompareStep
  readonly at: number
  readonly ranges: readonly ValueRange[]
}

const ending: readonly string[] = ['accept', 'drop', 'return', 'goto']

/** What was read of each rule of a chain, by its place; of which nothing is said was not read yet. */
const bans = new WeakMap<readonly NetfilterRule[], (Ban | null | undefined)[]>()

/** A rule that asks for addresses and then ends; null for any other. */
const banAt = (rules: readonly NetfilterRule[], at: number): Ban | null => {
  const known = bans.get(rules) ?? []
  bans.set(rules, known)
  const found = known[at]
  if (found !== undefined) return found
  const rule = rules[at]
  const made = rule === undefined ? null : banOf(rule)
  known[at] = made
  return made
}

const banOf = ({ steps }: NetfilterRule): Ban | null => {
  const last = steps.findLast(({ kind }) => kind !== 'note')
  if (last === undefined) return null
  if (last.kind !== 'reject' && (last.kind !== 'verdict' || !ending.includes(last.verdict.kind))) return null
  let found: Ban | null = null
  for (const [at, step] of steps.entries()) {
    if (step === last || step.kind === 'note') continue
    if (!isMatch(step)) return null
    if (step.kind !== 'compare' || step.negated || step.values.kind !== 'ranges') continue
    const { expression, values } = step
    if (expression.kind !== 'field' || (expression.field !== 'saddr' && expression.field !== 'daddr'))
      continue
    if (found === null || expression.field === 'saddr') found = { step, at, ranges: values.ranges }
  }
  return found
}

/** Are two rules of a chain one list of bans: alike in all but the addresses? */
export const areAlike = (rules: readonly NetfilterRule[], at: number, other: number): boolean => {
  const [ban, otherBan] = [banAt(rules, at), banAt(rules, other)]
  const [steps, otherSteps] = [rules[at]?.steps ?? [], rules[other]?.steps ?? []]
  return (
    ban !== null &&
    otherBan !== null &&
    ban.at === otherBan.at &&
    steps.length === otherSteps.length &&
    sameValue(ban.step.expression, otherBan.step.expression) &&
    steps.every((step, place) => place === ban.at || sameStep(step, otherSteps[place]))
  )
}

const sameStep = (a: Step, b: Step | undefined): boolean =>
  b !== undefined && a.kind === b.kind && (a.kind === 'note' || (!isOtherValue(a, b) && sameValue(a, b)))

/** Most rules that are not alike ask for another value of the same field. */
const isOtherValue = (a: Step, b: Step): boolean => {
  if (a.kind !== 'compare' || b.kind !== 'compare') return false
  if (a.values.kind !== 'ranges' || b.values.kind !== 'ranges') return false
  return a.values.ranges[0]?.first !== b.values.ranges[0]?.first
}

/** The same through and through. */
const sameValue = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  let left = 0
  for (const key in a) {
    if (!sameValue(Reflect.get(a, key), Reflect.get(b, key))) return false
    left += 1
  }
  for (const _ in b) left -= 1
  return left === 0
}
