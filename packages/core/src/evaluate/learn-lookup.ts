import { emptyRanges, hasValue, type RangeSet, rangeSet } from '../address/range-set.ts'
import type { ElementTable, TableElement, ValueSet } from '../netfilter/index.ts'
import { always, type Condition, exactly, type FreeField, freeFieldOf, membership } from './learner.ts'
import type { Reading } from './reading.ts'
import { YES } from './truth.ts'
import { compileValues } from './value-test.ts'
import type { World } from './world.ts'

/** The elements of a table that one part of the key tells apart, the others being as they are. */
interface Row {
  readonly elements: TableElement[]
  /** All values of the part that are in some element. */
  set: RangeSet | null
  /** What holds a value of the part; made when it is first asked for. */
  find: ((value: number | bigint) => ValueSet | null) | null
}

interface PartIndex {
  /** By the other parts, where these are single values. */
  readonly rows: ReadonlyMap<string, Row>
  readonly loose: readonly TableElement[]
  /** All values of the part that are in any element. */
  readonly all: RangeSet
}

const indexes = new WeakMap<ElementTable, (PartIndex | undefined)[]>()

/**
 * What the result of a lookup hangs on.
 *
 * @param wantsData - what the element holds matters, not only that it is there
 */
export const learnLookup = (
  world: World,
  key: readonly Reading[],
  table: ElementTable,
  wantsData: boolean,
): readonly Condition[] => {
  const free = key.map((reading) => freeFieldOf(world, reading))
  // A value that is in no element at all settles it, whatever the other parts are.
  for (const [at, field] of free.entries()) {
    const reading = key[at]
    if (field === null || (typeof reading !== 'number' && typeof reading !== 'bigint')) continue
    const { all } = partIndex(table, at)
    if (!hasValue(all, reading)) return [{ field, set: all, inside: false }]
  }
  const open = free.findIndex((field) => field !== null)
  const field = free[open] ?? null
  const value = key[open]
  if (field === null || (typeof value !== 'number' && typeof value !== 'bigint')) return always
  // Of several free parts one stays open: a smaller set than could be, and no wrong one.
  const pinned = free.flatMap((other, at) => {
    const reading = key[at]
    return at === open || other === null || (typeof reading !== 'number' && typeof reading !== 'bigint')
      ? []
      : [exactly(other, reading)]
  })
  return [...pinned, conditionOf(field, value, rowOf(table, key, open), open, wantsData)]
}

const conditionOf = (
  field: FreeField,
  value: number | bigint,
  row: Row,
  part: number,
  wantsData: boolean,
): Condition => {
  row.set ??= rangeSet(row.elements.flatMap(({ key }) => rangesIn(key[part])))
  if (wantsData) {
    row.find ??= finderOf(row.elements.map(({ key }) => key[part] ?? nothing))
    const hit = row.find(value)
    if (hit !== null) return membership(field, rangeSet(rangesIn(hit)), value)
  }
  return membership(field, row.set, value)
}

/** Single values are found at once; of the others the first that holds the value. */
const finderOf = (sets: readonly ValueSet[]): ((value: number | bigint) => ValueSet | null) => {
  const singles = new Map<unknown, ValueSet>()
  const others: ValueSet[] = []
  for (const set of sets) {
    const single = singleOf(set)
    if (single === null) others.push(set)
    else if (!singles.has(single)) singles.set(single, set)
  }
  return (value) => singles.get(value) ?? others.find((set) => compileValues(set)(value) === YES) ?? null
}

const nothing: ValueSet = { kind: 'ranges', ranges: [] }

const rangesIn = (set: ValueSet | undefined) => (set?.kind === 'ranges' ? set.ranges : [])

const rowOf = (table: ElementTable, key: readonly Reading[], part: number): Row => {
  const { rows, loose } = partIndex(table, part)
  const exact = rows.get(rowKey(key, part))
  if (loose.length === 0) return exact ?? { elements: [], set: emptyRanges, find: null }
  const matching = loose.filter((element) =>
    element.key.every((set, at) => at === part || compileValues(set)(key[at]) === YES),
  )
  if (matching.length === 0 && exact !== undefined) return exact
  return { elements: [...(exact?.elements ?? []), ...matching], set: null, find: null }
}

const rowKey = (key: readonly unknown[], part: number): string =>
  key.map((one, at) => (at === part ? '' : String(one))).join(' ')

const partIndex = (table: ElementTable, part: number): PartIndex => {
  const known = indexes.get(table) ?? []
  indexes.set(table, known)
  const found = known[part]
  if (found !== undefined) return found
  const rows = new Map<string, Row>()
  const loose: TableElement[] = []
  for (const element of table.elements) {
    const others = element.key.map((set, at) => (at === part ? '' : singleOf(set)))
    if (others.includes(null)) loose.push(element)
    else {
      const key = rowKey(others, part)
      const row = rows.get(key)
      if (row === undefined) rows.set(key, { elements: [element], set: null, find: null })
      else row.elements.push(element)
    }
  }
  const all = rangeSet(table.elements.flatMap(({ key }) => rangesIn(key[part])))
  const made = { rows, loose, all }
  known[part] = made
  return made
}

const singleOf = (set: ValueSet): unknown => {
  if (set.kind === 'ranges') {
    const [range] = set.ranges
    return set.ranges.length === 1 && range !== undefined && range.first === range.last ? range.first : null
  }
  const [name] = set.kind === 'names' ? set.names : []
  return set.kind === 'names' && set.names.length === 1 && name?.wildcard === false ? name.text : null
}
