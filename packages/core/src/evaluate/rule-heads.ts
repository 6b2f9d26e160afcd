import type { Expression, MatchStep, NetfilterRule, ValueRange, ValueSet } from '../netfilter/index.ts'
import { isMatch } from './compile-match.ts'

/** A set of more values than this is not unrolled. */
const MANY = 32

/** The fields a rule index may ask for: none of them changes while a chain is walked. */
export type Key = 'dport' | 'sport' | 'daddr' | 'saddr' | 'iifname' | 'oifname' | 'l4proto'

export const keys: readonly Key[] = ['dport', 'daddr', 'saddr', 'sport', 'oifname', 'iifname', 'l4proto']

/** What a rule asks of a field before it does anything: single values and ranges, any of which will do. */
export interface Asked {
  readonly singles: readonly unknown[]
  readonly ranges: readonly ValueRange[]
}

export type Head = ReadonlyMap<Key, Asked>

const known = new WeakMap<NetfilterRule, Head>()

/** What a rule's leading matches ask of each field. */
export const readHead = (rule: NetfilterRule): Head => {
  const found = known.get(rule)
  if (found !== undefined) return found
  const head = readSteps(rule)
  known.set(rule, head)
  return head
}

const readSteps = ({ steps }: NetfilterRule): Head => {
  const head = new Map<Key, Asked>()
  for (const step of steps) {
    if (!isMatch(step)) break
    const found = readMatch(step)
    if (found === null) continue
    const before = head.get(found.key)
    // Of two demands on one field, the narrower tells rules apart better.
    if (before === undefined || before.ranges.length > found.asked.ranges.length)
      head.set(found.key, found.asked)
  }
  return head
}

const readMatch = (step: MatchStep): { readonly key: Key; readonly asked: Asked } | null => {
  if (step.kind === 'lookup') {
    const { table, negated, key: parts } = step
    const [only] = parts
    if (negated || only === undefined || parts.length !== 1) return null
    if (table.elements.length > MANY || !table.complete || table.otherwise !== null) return null
    const key = keyOf(only)
    const all = table.elements.map((element) => readSet(element.key[0]))
    if (key === null || all.some((asked) => asked === null)) return null
    return {
      key,
      asked: {
        singles: all.flatMap((asked) => asked?.singles ?? []),
        ranges: all.flatMap((asked) => asked?.ranges ?? []),
      },
    }
  }
  if (step.kind !== 'compare' || step.negated) return null
  const key = keyOf(step.expression)
  const asked = readSet(step.values)
  return key === null || asked === null ? null : { key, asked }
}

const keyOf = (expression: Expression): Key | null =>
  expression.kind === 'field' ? (keys.find((key) => key === expression.field) ?? null) : null

const readSet = (set: ValueSet | undefined): Asked | null => {
  if (set === undefined || set.kind === 'any') return null
  if (set.kind === 'names')
    return set.names.some(({ wildcard }) => wildcard)
      ? null
      : { singles: set.names.map(({ text }) => text), ranges: [] }
  if (set.ranges.length > MANY) return null
  return {
    singles: set.ranges.filter(({ first, last }) => first === last).map(({ first }) => first),
    ranges: set.ranges.filter(({ first, last }) => first !== last),
  }
}
