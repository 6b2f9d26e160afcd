import type { CompareStep, NetfilterRule, Step, ValueRange } from '../../model/index.ts'
import { isMatch } from '../value/compile-match.ts'
import { type FormNumbers, formNumbers } from './form-numbers.ts'

/** The lists of bans in a chain. A rule is read when it is first needed: many of thousands are not. */
interface ReadRules {
  readonly rules: readonly NetfilterRule[]
  /** By place: the step of a rule that matches addresses, if the rule then ends. */
  readonly bans: Int32Array
  /** By place: the number of a rule's list of bans. */
  readonly lists: Int32Array
  readonly numberOf: FormNumbers
  /** By the number of steps of a rule: the size of each list. */
  readonly counts: Map<number, readonly number[]>
}

const UNREAD = -2

/** The number of a rule that is no ban. */
export const NO_BAN = -1

const read = new WeakMap<readonly NetfilterRule[], ReadRules>()

const readOf = (rules: readonly NetfilterRule[]): ReadRules => {
  const known = read.get(rules)
  if (known !== undefined) return known
  const made: ReadRules = {
    rules,
    bans: new Int32Array(rules.length).fill(UNREAD),
    lists: new Int32Array(rules.length).fill(NO_BAN),
    numberOf: formNumbers(),
    counts: new Map(),
  }
  read.set(rules, made)
  return made
}

const listAt = ({ rules, bans, lists, numberOf }: ReadRules, place: number): number => {
  if (bans[place] === UNREAD) {
    const steps = rules[place]?.steps ?? []
    const ban = banIn(steps)
    bans[place] = ban
    if (ban !== NO_BAN) lists[place] = numberOf(steps, ban)
  }
  return lists[place] ?? NO_BAN
}

/** By place: the number of a rule's list of bans, or `NO_BAN`. Rules of one list differ only in their addresses. */
export const listsOf = (rules: readonly NetfilterRule[]): ((place: number) => number) => {
  const chain = readOf(rules)
  return (place) => listAt(chain, place)
}

/** A step that matches addresses, of a rule that then ends. */
export interface Ban {
  readonly step: CompareStep
  readonly ranges: readonly ValueRange[]
}

/** The ban of the rule at a place; null: the rule is no ban. */
export const banAt = (rules: readonly NetfilterRule[], place: number): Ban | null => {
  const chain = readOf(rules)
  if (listAt(chain, place) === NO_BAN) return null
  const step = rules[place]?.steps[chain.bans[place] ?? NO_BAN]
  return step?.kind === 'compare' && step.values.kind === 'ranges'
    ? { step, ranges: step.values.ranges }
    : null
}

/** The number of rules in the list of the rule at a place, this rule included; 0: the rule is in no list. */
export const countWith = (rules: readonly NetfilterRule[], at: number): number => {
  const chain = readOf(rules)
  const list = listAt(chain, at)
  return list === NO_BAN ? 0 : (countsOfLength(chain, rules[at]?.steps.length ?? 0)[list] ?? 0)
}

/**
 * The sizes of the lists with rules of this many steps. Other rules are not read: rules of one list have equally many
 * steps. Cached, since a search needs hundreds of lists of one chain.
 */
const countsOfLength = (chain: ReadRules, length: number): readonly number[] => {
  const known = chain.counts.get(length)
  if (known !== undefined) return known
  const counts: number[] = []
  for (let place = 0; place < chain.rules.length; place += 1) {
    const list = chain.rules[place]?.steps.length === length ? listAt(chain, place) : NO_BAN
    if (list === NO_BAN) continue
    while (counts.length <= list) counts.push(0)
    counts[list] = (counts[list] ?? 0) + 1
  }
  chain.counts.set(length, counts)
  return counts
}

const ending: readonly string[] = ['accept', 'drop', 'return', 'goto']

const banIn = (steps: readonly Step[]): number => {
  let end = steps.length - 1
  while (end >= 0 && steps[end]?.kind === 'note') end -= 1
  const last = steps[end]
  if (last === undefined) return NO_BAN
  if (last.kind !== 'reject' && (last.kind !== 'verdict' || !ending.includes(last.verdict.kind)))
    return NO_BAN
  let found = NO_BAN
  for (let at = 0; at < end; at += 1) {
    const step = steps[at]
    if (step === undefined || step.kind === 'note') continue
    if (!isMatch(step)) return NO_BAN
    if (step.kind !== 'compare' || step.negated || step.values.kind !== 'ranges') continue
    const { expression } = step
    if (expression.kind !== 'field' || (expression.field !== 'saddr' && expression.field !== 'daddr'))
      continue
    if (found === NO_BAN || expression.field === 'saddr') found = at
  }
  return found
}
