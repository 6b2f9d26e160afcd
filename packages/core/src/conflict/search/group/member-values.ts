import {
  type Condition,
  emptyRanges,
  firstEndingFrom,
  hasValue,
  isMemberField,
  isSingleValue,
  type MemberField,
  type RangeSet,
  singleValue,
  valueSet,
} from '@portolan/netfilter/analysis'
import type { DesiredMapping } from '../../../contract/index.ts'
import { type MembersWith, numbersBelow } from '../region/area.ts'
import { addressValue } from '../rows/subnets.ts'

/** The values that distinguish the mappings of a group. */
export interface MemberValues {
  /** The value of each mapping, by its number. Absent: all have the same. */
  readonly of: Readonly<Partial<Record<MemberField, readonly (number | bigint)[]>>>
  readonly sets: Readonly<Partial<Record<MemberField, RangeSet>>>
  readonly membersWith: MembersWith
}

/** The values of a group with a single mapping: nothing distinguishes it. */
export const alone: MemberValues = { of: {}, sets: {}, membersWith: () => singleValue(0) }

export const valuesOf = (members: readonly DesiredMapping[]): MemberValues => {
  const of: Partial<Record<MemberField, readonly (number | bigint)[]>> = {}
  const sets: Partial<Record<MemberField, RangeSet>> = {}
  const known: Partial<Record<MemberField, Numbers>> = {}
  for (const [field, read] of Object.entries(reads) as [MemberField, (mapping: DesiredMapping) => number][]) {
    const values = members.map(read)
    if (values.every((value) => value === values[0])) continue
    of[field] = values
    sets[field] = valueSet(values)
    known[field] = numbersOf(values)
  }
  const all = numbersBelow(members.length)
  return { of, sets, membersWith: findMembers(all, of, known) }
}

const reads: Readonly<Record<MemberField, (mapping: DesiredMapping) => number | bigint>> = {
  targetAddress: ({ targets: [{ address }] }) => addressValue(address),
  targetPort: ({ targets: [{ port }] }) => port,
  hostPort: ({ hostPort }) => hostPort,
}

/** Finds the numbers of the members that have a value. */
type Numbers = (value: number | bigint) => RangeSet

/**
 * A binary search in the member numbers, sorted by value. A map for a hundred thousand members takes ten times the
 * memory.
 */
const numbersOf = (values: readonly (number | bigint)[]): Numbers => {
  let order: Int32Array | null = null
  return (value) => {
    const sorted = order ?? numbersByValue(values)
    order = sorted
    const at = (index: number): number | bigint | undefined => values[sorted[index] ?? 0]
    const found: number[] = []
    for (let index = firstEndingFrom(sorted.length, at, value); at(index) === value; index += 1) {
      const number = sorted[index]
      if (number === undefined) break
      found.push(number)
    }
    return valueSet(found)
  }
}

const numbersByValue = (values: readonly (number | bigint)[]): Int32Array => {
  const numbers = Int32Array.from(values.keys())
  // The ports of a range are in order already.
  const isRising = values.every((value, at) => at === 0 || (values[at - 1] ?? value) <= value)
  return isRising ? numbers : numbers.sort((a, b) => compareValues(values[a] ?? 0, values[b] ?? 0) || a - b)
}

const compareValues = (a: number | bigint, b: number | bigint): number => (a < b ? -1 : a > b ? 1 : 0)

/** Rules ask for the same sets again and again, so the result for each set is kept. */
const findMembers = (
  all: RangeSet,
  of: MemberValues['of'],
  numbers: Readonly<Partial<Record<MemberField, Numbers>>>,
): MembersWith => {
  const found = new Map<string, WeakMap<RangeSet, RangeSet>>()
  const find = ({
    field,
    set,
    inside,
  }: Pick<Condition, 'set' | 'inside'> & { readonly field: MemberField }): RangeSet => {
    const [first] = set.starts
    if (inside && first !== undefined && isSingleValue(set)) return numbers[field]?.(first) ?? emptyRanges
    return numbersWhere(of[field] ?? [], (value) => hasValue(set, value) === inside)
  }
  return (condition) => {
    const { field, set, inside } = condition
    if (!isMemberField(field)) return all
    const key = `${field} ${inside}`
    const known = found.get(key) ?? new WeakMap<RangeSet, RangeSet>()
    found.set(key, known)
    const before = known.get(set)
    if (before !== undefined) return before
    const made = find({ field, set, inside })
    known.set(set, made)
    return made
  }
}

/** The indexes of the values that meet a condition. */
const numbersWhere = (
  values: readonly (number | bigint)[],
  isTrue: (value: number | bigint) => boolean,
): RangeSet => {
  const starts: number[] = []
  const ends: number[] = []
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at]
    if (value === undefined || !isTrue(value)) continue
    if (ends.at(-1) === at - 1) ends[ends.length - 1] = at
    else {
      starts.push(at)
      ends.push(at)
    }
  }
  return { starts, ends }
}
