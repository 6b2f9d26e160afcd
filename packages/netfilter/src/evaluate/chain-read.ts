import type { RangeSet } from '../address/range-set.ts'
import type { NetfilterRule } from '../model/index.ts'
import { acts, isMatch } from './compile-match.ts'
import { type Asked, askedOf, type Head, type Key, keys, rulesAsking } from './rule-heads.ts'
import { indexRules, type RuleIndex } from './rule-index.ts'

export const addressKeys = ['saddr', 'daddr', 'sport', 'dport'] as const

/** The fields of a packet that are free in its region, and where they are. */
export type Held = ReadonlyMap<Key, RangeSet>

/** What every plan of a chain asks of its rules. */
export interface ChainRead {
  readonly isIndexable: boolean
  readonly heads: readonly Head[]
  /** By rule: it lets a packet pass, or spares it the rest of the chain, and does nothing else. */
  readonly lenient: Uint8Array
  readonly acting: Uint8Array
  /** By the fields that are free. */
  readonly keyed: Map<string, KeyedRules>
  /** By field and set: could the rule match a packet that has a value of the set? */
  readonly meeting: Map<Key, WeakMap<RangeSet, Uint8Array>>
}

/** Rules that ask for a value of a field that is not free. */
export interface KeyedRules {
  readonly keyed: Uint8Array
  readonly all: readonly number[]
  readonly index: RuleIndex | null
}

export const readChain = (
  rules: readonly NetfilterRule[],
  heads: readonly Head[],
  isIndexable: boolean,
): ChainRead => ({
  isIndexable,
  heads,
  lenient: column(rules, isLenient),
  acting: column(rules, acts),
  keyed: new Map(),
  meeting: new Map(),
})

/** Of which it is true, one by one. */
const column = <T>(items: readonly T[], isTrue: (item: T) => boolean): Uint8Array => {
  const made = new Uint8Array(items.length)
  for (let at = 0; at < made.length; at += 1) {
    const item = items[at]
    if (item !== undefined && isTrue(item)) made[at] = 1
  }
  return made
}

export const keyedRules = ({ heads, keyed: byFields, isIndexable }: ChainRead, held: Held): KeyedRules => {
  const settled = addressKeys.filter((key) => !held.has(key))
  const name = settled.join(' ')
  const known = byFields.get(name)
  if (known !== undefined) return known
  const keyed = new Uint8Array(heads.length)
  for (const key of settled) for (const at of rulesAsking(heads, key)) keyed[at] = 1
  const all: number[] = []
  for (let at = 0; at < keyed.length; at += 1) if (keyed[at] === 1) all.push(at)
  const usable = keys.filter((key) => !held.has(key))
  const made = { keyed, all, index: isIndexable ? indexRules(heads, all, usable) : null }
  byFields.set(name, made)
  return made
}

/** By rule: could it do anything to any of the packets? */
export const possibleRules = (
  { acting, lenient, heads, meeting }: ChainRead,
  held: Held,
  skips: boolean,
): Uint8Array => {
  const possible = new Uint8Array(acting.length)
  const columns = [...held].flatMap(([key, set]) =>
    rulesAsking(heads, key).length === 0 ? [] : [meetingRules(heads, meeting, key, set)],
  )
  for (let at = 0; at < possible.length; at += 1) {
    let isPossible = acting[at] === 1 && !(skips && lenient[at] === 1)
    for (const column of columns) isPossible &&= column[at] === 1
    possible[at] = isPossible ? 1 : 0
  }
  return possible
}

const meetingRules = (
  heads: readonly Head[],
  meeting: ChainRead['meeting'],
  key: Key,
  set: RangeSet,
): Uint8Array => {
  const known = meeting.get(key) ?? new WeakMap<RangeSet, Uint8Array>()
  meeting.set(key, known)
  const found = known.get(set)
  if (found !== undefined) return found
  const made = new Uint8Array(heads.length).fill(1)
  for (const at of rulesAsking(heads, key)) {
    const asked = askedOf(heads[at], key)
    if (asked !== null && !canMeet(asked, set)) made[at] = 0
  }
  known.set(set, made)
  return made
}

/** Lets a packet pass, or spares it the rest of the chain, and does nothing else. */
const isLenient = ({ steps }: NetfilterRule): boolean => {
  const last = steps.findLast(({ kind }) => kind !== 'note')
  return (
    last?.kind === 'verdict' &&
    (last.verdict.kind === 'accept' || last.verdict.kind === 'return') &&
    steps.every((step) => step === last || step.kind === 'note' || isMatch(step))
  )
}

/** Is any of the values that a rule asks for in the set? */
const canMeet = ({ ranges, names }: Asked, set: RangeSet): boolean => {
  if (names.length > 0) return true
  for (const { first, last } of ranges) if (meets(set, first, last)) return true
  return false
}

/** Sets of so few ranges are walked. */
const FEW = 8

/** Has the set a value from one up to another? */
const meets = ({ starts, ends }: RangeSet, first: number | bigint, last: number | bigint): boolean => {
  const count = starts.length
  let from = 0
  if (count > FEW) {
    let to = count
    while (from < to) {
      const middle = (from + to) >>> 1
      const end = ends[middle]
      if (end !== undefined && end < first) from = middle + 1
      else to = middle
    }
    const start = starts[from]
    return start !== undefined && start <= last
  }
  for (; from < count; from += 1) {
    const start = starts[from]
    const end = ends[from]
    if (start !== undefined && end !== undefined && start <= last && first <= end) return true
  }
  return false
}
