import type { RangeSet } from '../../address/range-set.ts'
import type { NetfilterRule } from '../../model/index.ts'
import { acts, isLenient } from '../value/compile-match.ts'
import { type KnownMeetings, type MeetingRules, meetingRules } from './meeting-rules.ts'
import { bitOf, type Heads, type Key, keys } from './rule-heads.ts'
import { indexRules, type RuleIndex } from './rule-index.ts'

export const addressKeys = ['saddr', 'daddr', 'sport', 'dport'] as const

/** The free fields of a packet, with the values that the region allows. */
export type Held = ReadonlyMap<Key, RangeSet>

/** The facts about a chain's rules that all its plans share. */
export interface ChainRead {
  readonly isIndexable: boolean
  readonly heads: Heads
  /** By rule: 1 where the rule only accepts or returns. */
  readonly lenient: Uint8Array
  readonly acting: Uint8Array
  /** Cache, by the fields that are not free. */
  readonly keyed: Map<string, KeyedRules>
  readonly meeting: KnownMeetings
}

/** The rules that match on a field that is not free. */
export interface KeyedRules {
  readonly keyed: Uint8Array
  readonly all: readonly number[]
  readonly index: RuleIndex | null
}

export const readChain = (rules: readonly NetfilterRule[], heads: Heads, isIndexable: boolean): ChainRead => {
  const lenient = new Uint8Array(rules.length)
  const acting = new Uint8Array(rules.length)
  for (let at = 0; at < rules.length; at += 1) {
    const rule = rules[at]
    if (rule === undefined) continue
    if (isLenient(rule)) lenient[at] = 1
    if (acts(rule)) acting[at] = 1
  }
  return { isIndexable, heads, lenient, acting, keyed: new Map(), meeting: new Map() }
}

export const keyedRules = ({ heads, keyed: byFields, isIndexable }: ChainRead, held: Held): KeyedRules => {
  const settled = addressKeys.filter((key) => !held.has(key))
  const name = settled.join(' ')
  const known = byFields.get(name)
  if (known !== undefined) return known
  const bits = settled.reduce((sum, key) => sum | bitOf[key], 0)
  const keyed = new Uint8Array(heads.asks.length)
  const all: number[] = []
  for (let at = 0; at < keyed.length; at += 1) {
    if (((heads.asks[at] ?? 0) & bits) === 0) continue
    keyed[at] = 1
    all.push(at)
  }
  const usable = keys.filter((key) => !held.has(key))
  const made = { keyed, all, index: isIndexable ? indexRules(heads, all, usable) : null }
  byFields.set(name, made)
  return made
}

/** For each free field that rules match on: the rules that could match a packet of the region. */
export const meetingsOf = ({ heads, meeting }: ChainRead, held: Held): readonly MeetingRules[] =>
  [...held].flatMap(([key, set]) =>
    heads.of[key].places.length === 0 ? [] : [meetingRules(heads, meeting, key, set)],
  )

/** By rule: 1 where the rule could act on a packet of the region. */
export const possibleRules = (
  { acting, lenient }: ChainRead,
  meetings: readonly MeetingRules[],
  skips: boolean,
): Uint8Array => {
  const possible = acting.slice()
  for (let at = 0; skips && at < possible.length; at += 1) if (lenient[at] === 1) possible[at] = 0
  for (const { places } of meetings)
    for (let at = 0; at < possible.length; at += 1) if (places[at] === 0) possible[at] = 0
  return possible
}
