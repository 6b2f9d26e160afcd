import { type RangeSet, rangeSet } from '../address/range-set.ts'
import type { CompareStep, MatchStep, NetfilterRule, Step, ValueRange } from '../netfilter/index.ts'
import { isMatch } from './compile-match.ts'

/**
 * Rules in a row that are alike but for the addresses they ask for, and end the walk of the chain: a list of bans.
 * They are asked as one.
 */
export interface RuleGroup {
  /** The first of them, and the first after them. */
  readonly from: number
  readonly to: number
  /** What they ask beside the address. */
  readonly others: readonly MatchStep[]
  /** The match that differs, of the first rule. */
  readonly differs: CompareStep
  /** What any of them asks for. */
  readonly set: RangeSet
  /** What each asks for, in their order. */
  readonly ranges: readonly (readonly ValueRange[])[]
}

/** Fewer than this are asked one by one. */
const FEW = 4

/** The groups of a chain, by the place of each rule in it. */
export const groupRules = (rules: readonly NetfilterRule[]): ReadonlyMap<number, RuleGroup> => {
  const groups = new Map<number, RuleGroup>()
  let from = 0
  while (from < rules.length) {
    const first = rules[from]
    const head = first === undefined ? null : readBan(first)
    let to = from + 1
    if (first !== undefined && head !== null) {
      const ranges: (readonly ValueRange[])[] = [head.ranges]
      for (; to < rules.length; to += 1) {
        const next = rules[to]
        const ban = next === undefined ? null : readBan(next)
        if (next === undefined || ban === null || !isAlike(first, head, next, ban)) break
        ranges.push(ban.ranges)
      }
      if (to - from >= FEW) {
        const others = first.steps.filter(isMatch).filter((step) => step !== head.step)
        const group = { from, to, others, differs: head.step, set: rangeSet(ranges.flat()), ranges }
        for (let at = from; at < to; at += 1) groups.set(at, group)
      }
    }
    from = to
  }
  return groups
}

interface Ban {
  readonly step: CompareStep
  readonly at: number
  readonly ranges: readonly ValueRange[]
}

const ending: readonly string[] = ['accept', 'drop', 'return', 'goto']

/** A rule that asks for addresses and then ends; null for any other. */
const readBan = ({ steps }: NetfilterRule): Ban | null => {
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

const isAlike = (rule: NetfilterRule, ban: Ban, other: NetfilterRule, otherBan: Ban): boolean =>
  ban.at === otherBan.at &&
  rule.steps.length === other.steps.length &&
  sameValue(ban.step.expression, otherBan.step.expression) &&
  rule.steps.every((step, at) => at === ban.at || sameStep(step, other.steps[at]))

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
