import {
  type Verdict as CoreVerdict,
  type ElementData,
  type ElementTable,
  member,
  type TableElement,
  type ValueRange,
  type ValueSet,
} from '@portolan/netfilter'
import {
  type Element,
  type Expression,
  isArray,
  isObject,
  type JsonValue,
  type NamedSet,
  type Verdict,
} from '../../model/index.ts'
import { readExpression } from '../../parse/json/expression.ts'
import { typesOfKey } from './leaf.ts'
import type { Read } from './read.ts'
import type { Scope } from './scope.ts'
import { readRange, readValues, type ValueType } from './value.ts'

/** The values of a key that is not understood: none. No described packet is taken to match such a key for certain. */
const nothing: ValueSet = { kind: 'ranges', ranges: [] }

/** The statements of an element that let only some of its packets match. */
const limiting: readonly string[] = ['limit', 'quota', 'ct count']

const limits = (json: JsonValue | undefined): boolean =>
  isArray(json)
    ? json.some(limits)
    : isObject(json) && Object.keys(json).some((key) => limiting.includes(key))

export const lowerVerdict = (verdict: Verdict): CoreVerdict =>
  verdict.kind === 'jump' || verdict.kind === 'goto'
    ? { kind: verdict.kind, chain: verdict.target }
    : { kind: verdict.kind }

const lowerData = (data: Expression, readParts: readonly PartReader[]): ElementData | null => {
  switch (data.kind) {
    case 'accept':
    case 'drop':
    case 'continue':
    case 'return':
    case 'jump':
    case 'goto':
      return { kind: 'verdict', verdict: lowerVerdict(data) }
    default: {
      const parts = data.kind === 'concat' ? data.parts : [data]
      // `map` makes a list of the exact length. A list that grows reserves more room, and a hundred thousand elements
      // have one each.
      const values = parts.map((part, at) => (readParts[at] ?? readInteger)(part))
      if (isWhole(values)) return { kind: 'values', values }
      return data.kind === 'text' ? { kind: 'text', text: data.text } : null
    }
  }
}

const isWhole = (values: readonly (ValueRange | null)[]): values is readonly ValueRange[] =>
  !values.includes(null)

/** Reads one part of an element's key or data. */
type PartReader<Value = ValueRange> = (part: Expression) => Value | null

const readInteger: PartReader = (part) => readRange(part, 'integer')

const readingOnce = <Value>(
  type: ValueType,
  read: (part: Expression, type: ValueType) => Value | null,
  constants: Map<ValueType, Map<string | number, Value | null>>,
): PartReader<Value> => {
  const ofType = constants.get(type) ?? new Map<string | number, Value | null>()
  constants.set(type, ofType)
  return (part) => {
    const constant = part.kind === 'text' ? part.text : part.kind === 'number' ? part.value : null
    if (constant === null) return read(part, type)
    const known = ofType.get(constant)
    if (known !== undefined) return known
    const made = read(part, type)
    ofType.set(constant, made)
    return made
  }
}

/** Reuses the lowered data of the element before. Most mappings of a map lead to one container. */
const reuseLowered = (lower: (data: Expression) => ElementData | null): typeof lower => {
  let before: Expression | null = null
  let lowered: ElementData | null = null
  return (data) => {
    if (data !== before) lowered = lower(data)
    before = data
    return lowered
  }
}

const build = (
  name: string | null,
  elements: readonly Element[],
  keyTypes: readonly ValueType[],
  dataTypes: readonly ValueType[],
  isComplete: boolean,
  { known }: Scope,
): ElementTable => {
  const lowered: TableElement[] = []
  let otherwise: ElementData | null = null
  let complete = isComplete
  const readKey = keyTypes.map((type) => readingOnce(type, readValues, known.values))
  const readData = dataTypes.map((type) => readingOnce(type, readRange, known.ranges))
  const lowerOnce = reuseLowered((data) => lowerData(data, readData))
  for (const { key, data, attributes } of elements) {
    const value = data === null ? member : lowerOnce(data)
    if (value === null || limits(attributes ?? undefined)) complete = false
    const given = value ?? { kind: 'text', text: '' }
    if (key.kind === 'text' && key.text === '*') {
      otherwise = given
      continue
    }
    const parts = key.kind === 'concat' ? key.parts : [key]
    if (parts.length !== keyTypes.length) complete = false
    const values = readKey.map((read, at) => {
      const part = parts[at]
      const set = part === undefined ? null : read(part)
      if (set === null) complete = false
      return set ?? nothing
    })
    lowered.push({ key: values, data: given })
  }
  return { name, elements: lowered, otherwise, complete }
}

/**
 * The types of a set's key or data, declared by name or by example. Without a declaration: the types that the rule
 * uses.
 */
const typesOf = (
  type: NamedSet['keyType'] | null,
  scope: Scope,
  asked: readonly ValueType[],
): readonly ValueType[] => {
  if (type === null) return asked
  if (type.kind === 'names') return type.names
  const body = isObject(type.json) ? type.json.typeof : undefined
  return body === undefined ? asked : typesOfKey(readExpression(body), scope)
}

/**
 * The types to read keys by: those of the rule where they are known, else those of the set. nft names one type
 * differently in different places; an index and a mark are numbers of more than one name.
 */
const chosen = (declared: readonly ValueType[], asked: readonly ValueType[]): readonly ValueType[] =>
  asked.map((type, at) => (type === 'unknown' || type === 'integer' ? (declared[at] ?? type) : type))

const lowerNamed = (
  name: string,
  asked: readonly ValueType[],
  scope: Scope,
  wanted: readonly ValueType[],
): ElementTable => {
  const set = scope.sets.get(name)
  if (set === undefined) return { name, elements: [], otherwise: null, complete: false }
  const keyTypes = chosen(typesOf(set.keyType, scope, asked), asked)
  const dataTypes = set.dataType === null ? [] : typesOf(set.dataType, scope, wanted)
  const changes = set.flags.includes('dynamic') || set.flags.includes('timeout') || scope.written.has(name)
  const { timeout, stmt } = set.attributes ?? {}
  const complete = !changes && timeout === undefined && !limits(stmt)
  return build(name, set.elements, keyTypes, dataTypes, complete, scope)
}

/**
 * The elements that a rule looks in. A named set or map is lowered once for all rules that name it; an anonymous one
 * belongs to its rule.
 *
 * @param wanted - the types of its data
 */
export const lowerElements = (
  data: Expression,
  keys: readonly Read[],
  scope: Scope,
  wanted: readonly ValueType[],
): ElementTable => {
  const asked = keys.map(({ type }) => type)
  if (data.kind === 'set') return build(null, data.elements, asked, wanted, true, scope)
  if (data.kind !== 'reference') return { name: null, elements: [], otherwise: null, complete: false }
  const id = `${data.name} ${asked.join(' ')}`
  const before = scope.lowered.get(id)
  if (before !== undefined) return before
  const table = lowerNamed(data.name, asked, scope, wanted)
  scope.lowered.set(id, table)
  return table
}
