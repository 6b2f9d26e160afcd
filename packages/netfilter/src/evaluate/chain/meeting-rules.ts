import { hasSomeOf, type RangeSet } from '../../address/range-set.ts'
import type { Asked, Heads, Key } from './rule-heads.ts'

/** The rules of a chain that could match a packet with one of some values in one field. */
export interface MeetingRules {
  /** By rule: 1 where it could match. */
  readonly places: Uint8Array
  /** A number of these rules: sets that meet the same rules have the same number. */
  readonly number: number
}

/** The meeting rules of a chain found so far, by field and set. */
export type KnownMeetings = Map<Key, Meetings>

interface Meetings {
  readonly bySet: WeakMap<RangeSet, MeetingRules>
  readonly byContent: Map<number, MeetingRules[]>
  count: number
}

/**
 * The rules that could match a value of a set. Most sets of a search differ only where no rule matches: these share one
 * result.
 */
export const meetingRules = (heads: Heads, known: KnownMeetings, key: Key, set: RangeSet): MeetingRules => {
  const ofKey = known.get(key) ?? { bySet: new WeakMap(), byContent: new Map(), count: 0 }
  known.set(key, ofKey)
  const found = ofKey.bySet.get(set)
  if (found !== undefined) return found
  const made = sameAs(ofKey, meetAll(heads, key, set))
  ofKey.bySet.set(set, made)
  return made
}

const sameAs = (ofKey: Meetings, places: Uint8Array): MeetingRules => {
  const content = digest(places)
  const alike = ofKey.byContent.get(content) ?? []
  ofKey.byContent.set(content, alike)
  const before = alike.find((one) => isSame(one.places, places))
  if (before !== undefined) return before
  ofKey.count += 1
  const made: MeetingRules = { places, number: ofKey.count }
  alike.push(made)
  return made
}

/** FNV-1a, of the places that are not met. */
const digest = (places: Uint8Array): number => {
  let sum = 0x811c9dc5
  for (let at = 0; at < places.length; at += 1) if (places[at] === 0) sum = Math.imul(sum ^ at, 0x01000193)
  return sum
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => {
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false
  return true
}

const meetAll = ({ asks, of }: Heads, key: Key, set: RangeSet): Uint8Array => {
  const met = new Uint8Array(asks.length).fill(1)
  const { places, firsts, lasts, asked } = of[key]
  for (let at = 0; at < places.length; at += 1) {
    const more = asked.get(at)
    const isMet = more === undefined ? hasSomeOf(set, firsts[at] ?? 0, lasts[at] ?? 0) : canMeet(more, set)
    if (!isMet) met[places[at] ?? 0] = 0
  }
  return met
}

/** Whether a set has one of the values that a rule matches. A rule with names always counts. */
const canMeet = ({ ranges, names }: Asked, set: RangeSet): boolean => {
  if (names.length > 0) return true
  for (const { first, last } of ranges) if (hasSomeOf(set, first, last)) return true
  return false
}
