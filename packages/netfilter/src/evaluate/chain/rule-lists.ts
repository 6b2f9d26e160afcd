import type { CompareStep, NetfilterRule, Step, ValueRange } from '../../model/index.ts'
import { isMatch } from '../value/compile-match.ts'
import { type FormNumbers, formNumbers } from './form-numbers.ts'

/** What was read of the rules of a chain. Each is read when it is first asked for: of thousands many never are. */
interface ReadRules {
  readonly rules: readonly NetfilterRule[]
  /** By place: which step of a rule asks for addresses, if the rule then ends. */
  readonly bans: Int32Array
  /** By place: rules of one number are one list of bans. */
  readonly lists: Int32Array
  readonly numberOf: FormNumbers
  /** By how many steps the rules have, how many are of each list. */
  readonly counts: Map<number, readonly number[]>
}

const UNREAD = -2

/** Of a rule that is no ban. */
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

/** By place, the number of the list of bans that a rule is of: alike in all but the addresses. Of any other, `NO_BAN`. */
export const listsOf = (rules: readonly NetfilterRule[]): ((place: number) => number) => {
  const chain = readOf(rules)
  return (place) => listAt(chain, place)
}

/** A step that asks for addresses, of a rule that then ends. */
export interface Ban {
  readonly step: CompareStep
  readonly ranges: readonly ValueRange[]
}

/** What the rule at a place asks for, if it asks for addresses and then ends. */
export const banAt = (rules: readonly NetfilterRule[], place: number): Ban | null => {
  const chain = readOf(rules)
  if (listAt(chain, place) === NO_BAN) return null
  const step = rules[place]?.steps[chain.bans[place] ?? NO_BAN]
  return step?.kind === 'compare' && step.values.kind === 'ranges'
    ? { step, ranges: step.values.ranges }
    : null
}

/** How many rules are of one list with the rule at a place, itself among them; 0: it is of none. */
export const countWith = (rules: readonly NetfilterRule[], at: number): number => {
  const chain = readOf(rules)
  const list = listAt(chain, at)
  return list === NO_BAN ? 0 : (countsOfLength(chain, rules[at]?.steps.length ?? 0)[list] ?? 0)
}

/** Rules of one list have as many steps: the others are not read. A search asks for hundreds of lists of one chain. */
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
