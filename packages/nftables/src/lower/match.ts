import {
  bitwise,
  compare,
  type FibExpression,
  field,
  type MatchStep,
  oneOf,
  type ValueRange,
  type ValueSet,
} from '@portolan/netfilter'
import type { Expression, MatchStatement } from '../model/index.ts'
import { lowerElements } from './expression/element-table.ts'
import { lowerKey } from './expression/expression.ts'
import { statusBits } from './expression/flow-status.ts'
import type { Read } from './expression/read.ts'
import type { Scope } from './expression/scope.ts'
import { hasBitsBehind, isNameType, readNumber, readValues } from './expression/value.ts'
import { textOf } from './rule-source.ts'

export const unknownMatch = (text: string, random = false): MatchStep => ({
  kind: 'unknown-match',
  text,
  random,
})

const everything: ValueSet = { kind: 'any' }
const nothing: ValueSet = { kind: 'ranges', ranges: [] }

/** The steps for a match that is not understood. Its fields must still be present in the packet. */
const inDoubt = (keys: readonly Read[], text: string, random = false): readonly MatchStep[] => [
  ...keys.flatMap(({ gates }) => gates),
  ...keys.filter(({ type }) => type !== 'unknown').map(({ expression }) => compare(expression, everything)),
  unknownMatch(text, random),
]

/** The values of an anonymous set as one set. Null: an element has attributes, or is not understood. */
const join = (
  elements: readonly { readonly key: Expression; readonly attributes: unknown }[],
  type: string,
): ValueSet | null => {
  const sets = elements.map(({ key, attributes }) =>
    attributes !== null || (key.kind === 'text' && key.text === '*') ? null : readValues(key, type),
  )
  const ranges: ValueRange[] = []
  const names: (ValueSet & { kind: 'names' })['names'][number][] = []
  for (const set of sets) {
    if (set === null || set.kind === 'any') return null
    if (set.kind === 'ranges') ranges.push(...set.ranges)
    else names.push(...set.names)
  }
  return isNameType(type) ? { kind: 'names', names } : { kind: 'ranges', ranges }
}

const above = (value: number | bigint): ValueSet => ({
  kind: 'ranges',
  ranges:
    typeof value === 'bigint'
      ? [{ first: value + 1n, last: (1n << 128n) - 1n }]
      : [{ first: value + 1, last: 0xffffffff }],
})

const below = (value: number | bigint): ValueSet => {
  if (value <= 0) return nothing
  return {
    kind: 'ranges',
    ranges: typeof value === 'bigint' ? [{ first: 0n, last: value - 1n }] : [{ first: 0, last: value - 1 }],
  }
}

/** The values that `<`, `<=`, `>` and `>=` admit: a set of values, and whether that set is negated. */
const ordered = (
  operator: MatchStatement['operator'],
  value: number | bigint,
): readonly [ValueSet, boolean] | null => {
  switch (operator) {
    case '<':
      return [below(value), false]
    case '>=':
      return [below(value), true]
    case '>':
      return [above(value), false]
    case '<=':
      return [above(value), true]
    default:
      return null
  }
}

const compareOne = (
  read: Read,
  operator: MatchStatement['operator'],
  right: Expression,
): MatchStep | null => {
  const { expression, type } = read
  if (operator === '==' || operator === '!=') {
    const values = hasBitsBehind(right, type) ? nothing : readValues(right, type)
    return values === null ? null : compare(expression, values, operator === '!=')
  }
  if (isNameType(type)) return null
  const value = readNumber(right, type)
  if (value === null) return null
  // A comparison of flags: `in` asks that one of them is set, `!` that none is (nftables src/netlink_linearize.c,
  // `netlink_gen_flagcmp`).
  if (operator === 'in' || operator === '!')
    return compare(bitwise('and', expression, value), oneOf(0), operator === 'in')
  const half = ordered(operator, value)
  return half === null ? null : compare(expression, half[0], half[1])
}

/** Lowers `fib saddr . iif oif missing`. nft lists it as a comparison with false, or with 0. */
const presence = ({ expression }: Read, { operator, right }: MatchStatement): MatchStep | null => {
  if (expression.kind !== 'fib' || expression.result === 'type') return null
  const value =
    right.kind === 'boolean' || expression.result === 'oifname' ? readNumber(right, 'integer') : null
  if (value === null || (right.kind !== 'boolean' && value !== 0)) return null
  const asked: FibExpression = { ...expression, result: 'present' }
  return compare(asked, oneOf(value), operator === '!=')
}

/** Lowers a match on an interface that is gone. nft lists such an interface by its index. */
const byIndex = ({ expression, type }: Read, { operator, right }: MatchStatement): MatchStep | null => {
  if (type !== 'iface_index' || expression.kind !== 'field') return null
  const value =
    right.kind === 'number' || /^[0-9]+$/.test(right.kind === 'text' ? right.text : '')
      ? readNumber(right, 'integer')
      : null
  if (value === null || (operator !== '==' && operator !== '!=')) return null
  return compare(field(expression.field === 'iifname' ? 'iif' : 'oif'), oneOf(value), operator === '!=')
}

/** Lowers `ip frag-off & 0x1fff != 0`, which matches second and further fragments (RFC 791). */
const fragment = ({ left, operator, right }: MatchStatement): MatchStep | null => {
  if (left.kind !== 'binary' || left.operator !== '&' || (operator !== '==' && operator !== '!=')) return null
  const [of, mask] = left.operands
  if (of?.kind !== 'payload' || of.protocol !== 'ip' || of.field !== 'frag-off') return null
  if (mask === undefined || readNumber(mask, 'integer') !== 0x1fff || readNumber(right, 'integer') !== 0)
    return null
  return compare(field('fragment', { family: 'ip' }), oneOf(0), operator === '!=')
}

const special = (read: Read, match: MatchStatement): MatchStep | null =>
  presence(read, match) ?? byIndex(read, match) ?? fragment(match) ?? statusBits(match)

/** Lowers a comparison to conditions that must all hold. */
export const lowerMatch = (match: MatchStatement, scope: Scope): readonly MatchStep[] => {
  const { operator, left, right } = match
  const keys = lowerKey(left, scope)
  const gates = keys.flatMap((read) => read.gates)
  const [only] = keys
  const negated = operator === '!='
  const isLookup = right.kind === 'reference' || right.kind === 'set' || keys.length > 1
  if (only !== undefined && keys.length === 1) {
    const one = special(only, match)
    if (one !== null) return [...gates, one]
    if (only.type === 'unknown')
      return inDoubt(keys, textOf(match), left.kind === 'meta' && left.key === 'random')
    const values = right.kind === 'set' ? join(right.elements, only.type) : null
    if (values !== null && (operator === '==' || negated))
      return [...gates, compare(only.expression, values, negated)]
  }
  if (!isLookup && only !== undefined) {
    const step = compareOne(only, operator, right)
    return step === null ? inDoubt(keys, textOf(match)) : [...gates, step]
  }
  if (operator !== '==' && operator !== '!=') return inDoubt(keys, textOf(match))
  const data: Expression =
    right.kind === 'concat'
      ? { kind: 'set', elements: [{ key: right, data: null, comment: null, attributes: null }] }
      : right
  if (data.kind !== 'set' && data.kind !== 'reference') return inDoubt(keys, textOf(match))
  const table = lowerElements(data, keys, scope, [])
  return [...gates, { kind: 'lookup', key: keys.map((read) => read.expression), table, negated }]
}
