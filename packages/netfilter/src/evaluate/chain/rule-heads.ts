import type { Expression, MatchStep, NetfilterRule, ValueRange, ValueSet } from '../../model/index.ts'
import { isMatch } from '../value/compile-match.ts'

/** A set of more values than this is not unrolled. */
const MANY = 32

/** The fields a rule index may ask for: none of them changes while a chain is walked. */
export type Key = 'dport' | 'sport' | 'daddr' | 'saddr' | 'iifname' | 'oifname' | 'l4proto'

export const keys: readonly Key[] = ['dport', 'daddr', 'saddr', 'sport', 'oifname', 'iifname', 'l4proto']

/** What a rule asks of a field before it does anything: any of these will do. */
export interface Asked {
  /** Single values have equal ends. */
  readonly ranges: readonly ValueRange[]
  readonly names: readonly string[]
}

/** By the place of the field among `keys`; null where the rule does not ask for it. */
export type Head = readonly (Asked | null)[]

const places: Readonly<Record<string, number | undefined>> = Object.fromEntries(
  keys.map((key, at) => [key, at]),
)

/** What a head asks of a field. */
export const askedOf = (head: Head | undefined, key: Key): Asked | null => head?.[places[key] ?? -1] ?? null

/** Something to know of a field, as the rules of a chain ask for it. */
export type OfField<T> = (heads: readonly Head[], key: Key) => T

/** Works it out once for each field of a chain. */
export const onceForField = <T>(make: OfField<T>): OfField<T> => {
  const made = new WeakMap<readonly Head[], Map<Key, T>>()
  return (heads, key) => {
    let ofChain = made.get(heads)
    if (ofChain === undefined) {
      ofChain = new Map()
      made.set(heads, ofChain)
    }
    const known = ofChain.get(key)
    if (known !== undefined) return known
    const one = make(heads, key)
    ofChain.set(key, one)
    return one
  }
}

/** The rules of a chain that ask for a field, by their place, rising. */
export const rulesAsking: OfField<readonly number[]> = onceForField((heads, key) => {
  const asking: number[] = []
  for (let at = 0; at < heads.length; at += 1) if (askedOf(heads[at], key) !== null) asking.push(at)
  return asking
})

/** What a rule's leading matches ask of each field. */
export const readHead = ({ steps }: NetfilterRule): Head => {
  const head: (Asked | null)[] = [null, null, null, null, null, null, null]
  for (const step of steps) {
    if (!isMatch(step)) break
    const at = placeOf(step)
    const asked = at === undefined ? null : readMatch(step)
    if (at === undefined || asked === null) continue
    const before = head[at]
    // Of two demands on one field, the narrower tells rules apart better.
    if (before === undefined || before === null || spread(before) > spread(asked)) head[at] = asked
  }
  return head
}

/** The same of one field, where no more is wanted of the rule. */
export const readAsked = ({ steps }: NetfilterRule, key: Key): Asked | null => {
  let narrowest: Asked | null = null
  for (const step of steps) {
    if (!isMatch(step)) break
    const asked = placeOf(step) === places[key] ? readMatch(step) : null
    if (asked !== null && (narrowest === null || spread(narrowest) > spread(asked))) narrowest = asked
  }
  return narrowest
}

/** How many true ranges there are among what is asked for. */
const spread = ({ ranges }: Asked): number => {
  let count = 0
  for (const { first, last } of ranges) if (first !== last) count += 1
  return count
}

/** The field that a match asks for alone. */
const placeOf = (step: MatchStep): number | undefined => {
  if (step.kind === 'compare') return step.negated ? undefined : placeOfField(step.expression)
  if (step.kind !== 'lookup' || step.negated || step.key.length !== 1) return undefined
  const [only] = step.key
  return only === undefined ? undefined : placeOfField(only)
}

const placeOfField = (expression: Expression): number | undefined =>
  expression.kind === 'field' ? places[expression.field] : undefined

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
