import { type RangeSet, rangeSet } from '../address/range-set.ts'
import type { CompareStep, MatchStep, NetfilterRule, Step, ValueRange } from '../netfilter/index.ts'
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
    const first = rules[among[from] ?? 0]
    const ban = first === undefined ? null : readBan(first)
    let to = from + 1
    const ranges = ban === null ? [] : [ban.ranges]
    if (first !== undefined && ban !== null)
      for (; to < among.length; to += 1) {
        const next = rules[among[to] ?? 0]
        const other = next === undefined ? null : readBan(next)
        if (next === undefined || other === null || !areAlike(first, next)) break
        ranges.push(other.ranges)
      }
    const places = among.slice(from, to)
    if (first === undefined || ban === null || places.length < FEW) singles.push(...places)
    else
      groups.push({
        places,
        others: first.steps.filter(isMatch).filter((step) => step !== ban.step),
        differs: ban.step,
        ranges,
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

const bans = new WeakMap<NetfilterRule, Ban | 'none'>()

/** A rule that asks for addresses and then ends; null for any other. */
const readBan = (rule: NetfilterRule): Ban | null => {
  const known = bans.get(rule)
  if (known !== undefined) return known === 'none' ? null : known
  const ban = banOf(rule)
  bans.set(rule, ban ?? 'none')
  return ban
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

/** Are two rules one list of bans: alike in all but the addresses? */
export const areAlike = (rule: NetfilterRule, other: NetfilterRule): boolean => {
  const [ban, otherBan] = [readBan(rule), readBan(other)]
  return (
    ban !== null &&
    otherBan !== null &&
    ban.at === otherBan.at &&
    rule.steps.length === other.steps.length &&
    sameValue(ban.step.expression, otherBan.step.expression) &&
    rule.steps.every((step, at) => at === ban.at || sameStep(step, other.steps[at]))
  )
}

const sameStep = (a: Step, b: Step | undefined): boolean =>
  b !== undefined && a.kind === b.kind && (a.kind === 'note' || sameValue(a, b))

/** The same through and through. */
const sameValue = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => sameValue(Reflect.get(a, key), Reflect.get(b, key)))
}
