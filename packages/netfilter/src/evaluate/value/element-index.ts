import type { ElementData, ElementTable, TableElement } from '../../model/index.ts'
import { isUnknown, type Reading } from './reading.ts'
import { both, CHANCE, MAYBE, NO, type Truth, YES } from './truth.ts'
import { compileValues, type ValueTest } from './value-test.ts'

/** The result of a lookup: whether the key is in the table, and the data it may have. */
export interface Found {
  readonly hit: Truth
  readonly data: readonly ElementData[]
  /** Whether one of several data is chosen anew for every flow. */
  readonly random: boolean
}

export type Lookup = (key: readonly Reading[]) => Found

const missing: Found = { hit: NO, data: [], random: false }

const hitOf = (data: ElementData): Found => ({ hit: YES, data: [data], random: false })

interface IndexedElement {
  readonly tests: readonly ValueTest[]
  readonly data: ElementData
}

/**
 * Indexes a table. An element with single values in all parts is found by a hash of its key. The others are found by a
 * hash of the parts that are single in all of them, and then by a walk.
 */
export const indexElements = (table: ElementTable): Lookup => {
  const exact = new Map<unknown, ElementData>()
  const loose: TableElement[] = []
  for (const element of table.elements) {
    const parts = element.key.map(singleOf)
    if (parts.some((part) => part === null)) loose.push(element)
    else {
      const key = keyOf(parts)
      if (!exact.has(key)) exact.set(key, element.data)
    }
  }
  const width = table.elements[0]?.key.length ?? 0
  const hashed = Array.from({ length: width }, (_, part) => part).filter((part) =>
    loose.every((element) => singleOf(element.key[part]) !== null),
  )
  const buckets = new Map<unknown, IndexedElement[]>()
  for (const element of loose) {
    const key = keyOf(hashed.map((part) => singleOf(element.key[part])))
    const indexed = { tests: element.key.map(compileValues), data: element.data }
    const bucket = buckets.get(key)
    if (bucket === undefined) buckets.set(key, [indexed])
    else bucket.push(indexed)
  }
  const rest = table.otherwise === null ? missing : hitOf(table.otherwise)
  const findKnown = (key: readonly Reading[]): Found => {
    const found = exact.get(keyOf(key))
    if (found !== undefined) return hitOf(found)
    if (loose.length === 0) return rest
    for (const element of buckets.get(keyOf(hashed.map((part) => key[part]))) ?? [])
      if (element.tests.every((test, part) => test(key[part]) === YES)) return hitOf(element.data)
    return rest
  }
  return (key) => {
    if (key.includes(undefined)) return missing
    const found = key.some(isUnknown) ? findUnknown(table, key) : findKnown(key)
    return table.complete ? found : doubt(table, found)
  }
}

/** The only value of a set; null when it has more. */
const singleOf = (set: TableElement['key'][number] | undefined): number | bigint | string | null => {
  if (set === undefined || set.kind === 'any') return null
  if (set.kind === 'names') {
    const [name] = set.names
    return set.names.length === 1 && name !== undefined && !name.wildcard ? name.text : null
  }
  const [range] = set.ranges
  return set.ranges.length === 1 && range !== undefined && range.first === range.last ? range.first : null
}

/** The hash key of a lookup. A protocol and a port, as in most maps, are one number: a text takes more memory. */
const keyOf = (parts: readonly unknown[]): unknown => {
  if (parts.length === 1) return parts[0]
  const [a, b] = parts
  const isPair = parts.length === 2 && typeof a === 'number' && typeof b === 'number'
  return isPair && a < 0x100 && b < 0x10000 ? a * 0x10000 + b : parts.join(' ')
}

/** Finds every element that the unknown parts leave possible. */
const findUnknown = (table: ElementTable, key: readonly Reading[]): Found => {
  const possible: TableElement[] = []
  let sure = false
  let random = true
  for (const element of table.elements) {
    const truth = element.key.map((set, part) => compileValues(set)(key[part])).reduce(both, YES)
    if (truth === NO) continue
    possible.push(element)
    if (truth === YES) sure = true
    if (truth === MAYBE) random = false
  }
  const data = possible.map((element) => element.data)
  if (table.otherwise !== null) data.push(table.otherwise)
  const hit = sure || table.otherwise !== null || covers(possible, key) ? YES : random ? CHANCE : MAYBE
  return data.length === 0 ? missing : { hit, data: distinct(data), random }
}

/**
 * Whether the elements cover every value of the only unknown part. The kernel keeps them disjoint, so counting is
 * enough.
 */
const covers = (elements: readonly TableElement[], key: readonly Reading[]): boolean => {
  const unknown = key.findIndex(isUnknown)
  const reading = key[unknown]
  if (!isUnknown(reading) || reading.first === null || reading.last === null) return false
  if (key.filter(isUnknown).length > 1) return false
  let count = 0
  for (const element of elements) {
    const set = element.key[unknown]
    if (set === undefined || set.kind !== 'ranges') return false
    for (const { first, last } of set.ranges)
      count += Math.min(Number(last), reading.last) - Math.max(Number(first), reading.first) + 1
  }
  return count >= reading.last - reading.first + 1
}

/** The result for a table that may hold more or less than was listed. */
const doubt = (table: ElementTable, found: Found): Found => ({
  hit: MAYBE,
  data: found.hit === NO ? distinct(table.elements.map(({ data }) => data)) : found.data,
  random: false,
})

const distinct = (data: readonly ElementData[]): readonly ElementData[] => {
  const seen = new Map<string, ElementData>()
  for (const one of data) seen.set(JSON.stringify(one, bigintText), one)
  return [...seen.values()]
}

const bigintText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value
