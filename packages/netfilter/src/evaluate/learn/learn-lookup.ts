import { emptyRanges, hasValue, type RangeSet, rangeSet } from '../../address/range-set.ts'
import type { ElementTable, TableElement, ValueRange, ValueSet } from '../../model/index.ts'
import type { World } from '../packet/world.ts'
import { segmentAround } from '../value/part-segments.ts'
import type { OriginRead } from '../value/read-origin.ts'
import type { Reading } from '../value/reading.ts'
import { YES } from '../value/truth.ts'
import { compileValues } from '../value/value-test.ts'
import { always, type Condition, exactly, isMemberField, membership } from './learner.ts'

/** The elements of a table that differ in one part of the key, the other parts being fixed. */
interface Row {
  readonly elements: TableElement[]
  /** All values of the part in these elements; null: not computed yet. */
  set: RangeSet | null
  /** Finds the element with a value of the part; null: not built yet. */
  find: ((value: number | bigint) => TableElement | null) | null
  /** Cache, by subnet: the values of elements that do not lead there, and of those that do. */
  readonly leading: WeakMap<RangeSet, readonly RangeSet[]>
}

interface PartIndex {
  /** By the other parts of the key, where these are single values. */
  readonly rows: ReadonlyMap<string, Row>
  readonly loose: readonly TableElement[]
  /** All values of the part that are in any element. */
  readonly all: RangeSet
}

const indexes = new WeakMap<ElementTable, (PartIndex | undefined)[]>()

/** The values of a key's parts, and the origin of each. */
export interface LookupKey {
  readonly readings: readonly Reading[]
  readonly origins: readonly OriginRead[]
}

/**
 * The conditions that the result of a lookup depends on.
 *
 * @param wantsData - whether the data of the element matters, not only that it is there
 */
export const learnLookup = (
  world: World,
  { readings: key, origins }: LookupKey,
  table: ElementTable,
  wantsData: boolean,
): readonly Condition[] => {
  const free = origins.map((origin) => origin(world))
  // A value that is in no element settles the lookup, whatever the other parts are.
  for (const [at, field] of free.entries()) {
    const reading = key[at]
    if (field === null || (typeof reading !== 'number' && typeof reading !== 'bigint')) continue
    const { all } = partIndex(table, at)
    if (!hasValue(all, reading)) return [{ field, set: all, inside: false, isOfTable: true }]
  }
  const members = free.filter(isMemberField)
  // One part stays open. A part that tells mappings apart is preferred: then the condition covers all mappings of the
  // table.
  const open = free.findIndex(members.length > 0 ? isMemberField : (field) => field !== null)
  const field = free[open] ?? null
  const value = key[open]
  if (field === null || (typeof value !== 'number' && typeof value !== 'bigint')) return always
  // The other free parts are held to the values that no element tells apart. This set is smaller than it could be, and
  // not wrong.
  const pinned = free.flatMap((other, at) => {
    const reading = key[at]
    if (at === open || other === null || (typeof reading !== 'number' && typeof reading !== 'bigint'))
      return []
    return isMemberField(other)
      ? [exactly(other, reading)]
      : [membership(other, segmentAround(table, at, reading), reading)]
  })
  const row = rowOf(table, key, open)
  row.set ??= rangeSet(row.elements.flatMap((element) => rangesIn(element.key[open])))
  const held = wantsData ? holderOf(row, value, open) : null
  const isOfTable = members.length < 2
  if (held === null) return [...pinned, { ...membership(field, row.set, value), isOfTable }]
  const same = membership(field, rangeSet(rangesIn(held.key[open])), value)
  if (members.length === 0) return [...pinned, same]
  // A table may have a mapping of another project in the place of one.
  const alike = alikeIn(row, open, leadsTo(held, world), world)
  return [...pinned, same, { ...membership(field, alike, value), isOfTable }]
}

/** Whether an element leads to the subnet that the mappings lead to. */
const leadsTo = ({ data }: TableElement, { learner }: World): boolean => {
  const subnet = learner?.leadsTo ?? null
  const [first] = data.kind === 'values' ? data.values : []
  return subnet === null || first === undefined || hasValue(subnet, first.first)
}

/** All values with elements that lead there, or that do not. */
const alikeIn = (row: Row, part: number, leads: boolean, world: World): RangeSet => {
  const subnet = world.learner?.leadsTo ?? null
  const known = subnet === null ? undefined : row.leading.get(subnet)?.[leads ? 1 : 0]
  if (known !== undefined) return known
  const [elsewhere, there]: readonly [ValueRange[], ValueRange[]] = [[], []]
  for (const element of row.elements) {
    const into = leadsTo(element, world) ? there : elsewhere
    for (const range of rangesIn(element.key[part])) into.push(range)
  }
  const made = [rangeSet(elsewhere), rangeSet(there)]
  if (subnet !== null) row.leading.set(subnet, made)
  return made[leads ? 1 : 0] ?? emptyRanges
}

/** The element with a value of the part. */
const holderOf = (row: Row, value: number | bigint, part: number): TableElement | null => {
  row.find ??= finderOf(row.elements, part)
  return row.find(value)
}

/** Finds single values by a hash. For the others, it returns the first element that has the value. */
const finderOf = (
  elements: readonly TableElement[],
  part: number,
): ((value: number | bigint) => TableElement | null) => {
  const singles = new Map<unknown, TableElement>()
  const others: TableElement[] = []
  for (const element of elements) {
    const single = singleOf(element.key[part] ?? nothing)
    if (single === null) others.push(element)
    else if (!singles.has(single)) singles.set(single, element)
  }
  return (value) =>
    singles.get(value) ?? others.find(({ key }) => compileValues(key[part] ?? nothing)(value) === YES) ?? null
}

const nothing: ValueSet = { kind: 'ranges', ranges: [] }

const rangesIn = (set: ValueSet | undefined) => (set?.kind === 'ranges' ? set.ranges : [])

const rowOf = (table: ElementTable, key: readonly Reading[], part: number): Row => {
  const { rows, loose } = partIndex(table, part)
  const exact = rows.get(rowKey(key, part))
  if (loose.length === 0)
    return exact ?? { elements: [], set: emptyRanges, find: null, leading: new WeakMap() }
  const matching = loose.filter((element) =>
    element.key.every((set, at) => at === part || compileValues(set)(key[at]) === YES),
  )
  if (matching.length === 0 && exact !== undefined) return exact
  return {
    elements: [...(exact?.elements ?? []), ...matching],
    set: null,
    find: null,
    leading: new WeakMap(),
  }
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
      if (row === undefined)
        rows.set(key, { elements: [element], set: null, find: null, leading: new WeakMap() })
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
