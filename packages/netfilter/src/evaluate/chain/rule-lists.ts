import type { CompareStep, NetfilterRule, ValueRange } from '../../model/index.ts'
import { isMatch } from '../value/compile-match.ts'
import { formNumbers } from './form-numbers.ts'

/** A rule that asks for addresses and then ends. */
export interface Ban {
  readonly step: CompareStep
  readonly at: number
  readonly ranges: readonly ValueRange[]
}

/** What was read of the rules of a chain. */
interface ReadRules {
  /** By place; null: a rule that is no ban. */
  readonly bans: readonly (Ban | null)[]
  /** By place: rules of one number are one list of bans. */
  readonly lists: Int32Array
}

/** Of a rule that is no ban. */
const NO_LIST = -1

const read = new WeakMap<readonly NetfilterRule[], ReadRules>()

/** Thousands of rules are held against each other for every kind of packet, so each is read once. */
const readRules = (rules: readonly NetfilterRule[]): ReadRules => {
  const known = read.get(rules)
  if (known !== undefined) return known
  const bans = rules.map(banOf)
  const lists = new Int32Array(rules.length).fill(NO_LIST)
  const numberOf = formNumbers()
  for (let at = 0; at < bans.length; at += 1) {
    const ban = bans[at]
    if (ban !== null && ban !== undefined) lists[at] = numberOf(rules[at]?.steps ?? [], ban.at)
  }
  const made: ReadRules = { bans, lists }
  read.set(rules, made)
  return made
}

/** By place, what a rule asks for, if it asks for addresses and then ends. */
export const bansOf = (rules: readonly NetfilterRule[]): readonly (Ban | null)[] => readRules(rules).bans

/** By place, the number of the list of bans that a rule is of: alike in all but the addresses. None has -1. */
export const listsOf = (rules: readonly NetfilterRule[]): Int32Array => readRules(rules).lists

/** The places of the rules that are of one list with the rule at a place, itself among them. */
export const listWith = (rules: readonly NetfilterRule[], at: number): readonly number[] => {
  const lists = listsOf(rules)
  const wanted = lists[at]
  const places: number[] = []
  if (wanted === undefined || wanted === NO_LIST) return places
  for (let place = 0; place < lists.length; place += 1) if (lists[place] === wanted) places.push(place)
  return places
}

const ending: readonly string[] = ['accept', 'drop', 'return', 'goto']

const banOf = ({ steps }: NetfilterRule): Ban | null => {
  const last = steps.findLast(({ kind }) => kind !== 'note')
  if (last === undefined) return null
  if (last.kind !== 'reject' && (last.kind !== 'verdict' || !ending.includes(last.verdict.kind))) return null
  let found: Ban | null = null
  for (let at = 0; at < steps.length; at += 1) {
    const step = steps[at]
    if (step === undefined || step === last || step.kind === 'note') continue
    if (!isMatch(step)) return null
    if (step.kind !== 'compare' || step.negated || step.values.kind !== 'ranges') continue
    const { expression, values } = step
    if (expression.kind !== 'field' || (expression.field !== 'saddr' && expression.field !== 'daddr'))
      continue
    if (found === null || expression.field === 'saddr') found = { step, at, ranges: values.ranges }
  }
  return found
}
