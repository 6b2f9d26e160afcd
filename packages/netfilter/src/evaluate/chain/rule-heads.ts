import type { Expression, MatchStep, NetfilterRule, ValueRange, ValueSet } from '../../model/index.ts'
import { isMatch } from '../value/compile-match.ts'

/** A set of more values than this is not unrolled. */
const MANY = 32

/** The fields that a rule index uses: none of them changes while a chain is walked. */
export type Key = 'dport' | 'sport' | 'daddr' | 'saddr' | 'iifname' | 'oifname' | 'l4proto'

export const keys: readonly Key[] = ['dport', 'daddr', 'saddr', 'sport', 'oifname', 'iifname', 'l4proto']

/** The values of a field that a rule's leading matches accept. Each of them matches. */
export interface Asked {
  /** Single values have equal ends. */
  readonly ranges: readonly ValueRange[]
  readonly names: readonly string[]
}

/** The values that the rules of a chain match in one field. */
export interface AskedColumn {
  /** The places of the rules that match on the field, rising. */
  readonly places: readonly number[]
  /**
   * The range of a rule with one range of numbers. Thousands are compared with each set of packets, so they are in
   * lists.
   */
  readonly firsts: readonly number[]
  readonly lasts: readonly number[]
  /** The values of rules with several ranges, or with names, by their place in `places`. */
  readonly asked: ReadonlyMap<number, Asked>
}

/** What the leading matches of a chain's rules accept. */
export interface Heads {
  /** By rule, the fields that it matches on: a bit for each. */
  readonly asks: Uint8Array
  readonly of: Readonly<Record<Key, AskedColumn>>
}

/** The bit of each field. */
export const bitOf: Readonly<Record<Key, number>> = {
  ...{ dport: 1, daddr: 2, saddr: 4, sport: 8 },
  ...{ oifname: 16, iifname: 32, l4proto: 64 },
}

/** A column while it is read. */
interface OpenColumn {
  readonly places: number[]
  readonly firsts: number[]
  readonly lasts: number[]
  readonly asked: Map<number, Asked>
}

const newColumn = (): OpenColumn => ({ places: [], firsts: [], lasts: [], asked: new Map() })

/** Reads the values that the leading matches of each rule accept in each field. */
export const readHeads = (rules: readonly NetfilterRule[]): Heads => {
  const of = {
    ...{ dport: newColumn(), sport: newColumn(), daddr: newColumn(), saddr: newColumn() },
    ...{ iifname: newColumn(), oifname: newColumn(), l4proto: newColumn() },
  }
  const asks = new Uint8Array(rules.length)
  for (let place = 0; place < rules.length; place += 1) {
    const steps = rules[place]?.steps ?? []
    let asked = 0
    for (let at = 0; at < steps.length; at += 1) {
      const step = steps[at]
      if (step === undefined || !isMatch(step)) break
      const key = keyOf(step)
      if (key !== null && add(of[key], place, step)) asked |= bitOf[key]
    }
    asks[place] = asked
  }
  return { asks, of }
}

/** The heads of rules that are not read. */
export const noHeads = (count: number): Heads => ({ ...readHeads([]), asks: new Uint8Array(count) })

/** @returns whether the match names some values, and not too many */
const add = (column: OpenColumn, place: number, step: MatchStep): boolean => {
  const range = onlyRange(step)
  const asked = range === null ? readMatch(step) : null
  if (range === null && asked === null) return false
  const isSecond = column.places.at(-1) === place
  const at = isSecond ? column.places.length - 1 : column.places.length
  // Of two matches on one field, the narrower tells rules apart better.
  if (isSecond && spreadAt(column, at) <= (asked === null ? spread(range) : spreadOf(asked))) return true
  column.places[at] = place
  column.firsts[at] = range?.first ?? 0
  column.lasts[at] = range?.last ?? 0
  if (asked !== null) column.asked.set(at, asked)
  else if (isSecond) column.asked.delete(at)
  return true
}

/** A range of numbers, both ends included. */
interface NumberRange {
  readonly first: number
  readonly last: number
}

/** The only range of numbers that a match has. No object is made for it: thousands of rules are read. */
const onlyRange = (step: MatchStep): NumberRange | null => {
  if (step.kind !== 'compare' || step.values.kind !== 'ranges' || step.values.ranges.length !== 1) return null
  const only = step.values.ranges[0]
  return only !== undefined && isOfNumbers(only) ? only : null
}

const isOfNumbers = (range: ValueRange): range is NumberRange =>
  typeof range.first === 'number' && typeof range.last === 'number'

/** What a rule's leading matches accept in one field, for a caller that needs no other field. */
export const readAsked = ({ steps }: NetfilterRule, key: Key): Asked | null => {
  let narrowest: Asked | null = null
  for (const step of steps) {
    if (!isMatch(step)) break
    const asked = keyOf(step) === key ? readMatch(step) : null
    if (asked !== null && (narrowest === null || spreadOf(narrowest) > spreadOf(asked))) narrowest = asked
  }
  return narrowest
}

/** The number of ranges with more than one value. */
const spreadOf = ({ ranges }: Asked): number => {
  let count = 0
  for (const { first, last } of ranges) if (first !== last) count += 1
  return count
}

const spread = (range: NumberRange | null): number => (range === null || range.first === range.last ? 0 : 1)

const spreadAt = ({ firsts, lasts, asked }: AskedColumn, at: number): number => {
  const complex = asked.get(at)
  return complex === undefined ? spread({ first: firsts[at] ?? 0, last: lasts[at] ?? 0 }) : spreadOf(complex)
}

/** The field that a match reads alone; null: there is none, or the match is negated. */
const keyOf = (step: MatchStep): Key | null => {
  if (step.kind === 'compare') return step.negated ? null : keyOfField(step.expression)
  if (step.kind !== 'lookup' || step.negated || step.key.length !== 1) return null
  const [only] = step.key
  return only === undefined ? null : keyOfField(only)
}

const keyOfField = (expression: Expression): Key | null =>
  expression.kind === 'field' ? (named[expression.field] ?? null) : null

const named: Readonly<Record<string, Key | undefined>> = Object.fromEntries(keys.map((key) => [key, key]))

const readMatch = (step: MatchStep): Asked | null => {
  if (step.kind === 'compare') return readSet(step.values)
  if (step.kind !== 'lookup') return null
  const { table } = step
  if (table.elements.length > MANY || !table.complete || table.otherwise !== null) return null
  const all = table.elements.map((element) => readSet(element.key[0]))
  if (all.includes(null)) return null
  return {
    ranges: all.flatMap((asked) => asked?.ranges ?? []),
    names: all.flatMap((asked) => asked?.names ?? []),
  }
}

const nothing: readonly never[] = []

const readSet = (set: ValueSet | undefined): Asked | null => {
  if (set === undefined || set.kind === 'any') return null
  if (set.kind === 'names')
    return set.names.some(({ wildcard }) => wildcard)
      ? null
      : { ranges: nothing, names: set.names.map(({ text }) => text) }
  return set.ranges.length > MANY ? null : { ranges: set.ranges, names: nothing }
}
