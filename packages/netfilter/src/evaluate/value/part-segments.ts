import type { RangeSet } from '../../address/range-set.ts'
import type { ElementTable } from '../../model/index.ts'

/** By part of the key: the values where an element begins, or just behind one, rising. */
const cuts = new WeakMap<ElementTable, (readonly (number | bigint)[] | undefined)[]>()

/**
 * The values around a value that no element tells apart in one part of the key: each element has all of them, or none.
 *
 *     |------a------|
 *          |----b--------|
 *     |-1--|---2----|-3--|
 *
 * @param value - one that the part has in some element
 */
export const segmentAround = (table: ElementTable, part: number, value: number | bigint): RangeSet => {
  const places = cutsOf(table, part)
  let from = 0
  let to = places.length
  while (from < to) {
    const middle = (from + to) >>> 1
    const place = places[middle]
    if (place !== undefined && place <= value) from = middle + 1
    else to = middle
  }
  const [first, behind] = [places[from - 1], places[from]]
  return first === undefined || behind === undefined
    ? { starts: [value], ends: [value] }
    : { starts: [first], ends: [typeof behind === 'number' ? behind - 1 : behind - 1n] }
}

const cutsOf = (table: ElementTable, part: number): readonly (number | bigint)[] => {
  const known = cuts.get(table) ?? []
  cuts.set(table, known)
  const found = known[part]
  if (found !== undefined) return found
  const places = new Set<number | bigint>()
  for (const { key } of table.elements) {
    const set = key[part]
    if (set?.kind !== 'ranges') continue
    for (const { first, last } of set.ranges) {
      places.add(first)
      places.add(typeof last === 'number' ? last + 1 : last + 1n)
    }
  }
  const made = [...places].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  known[part] = made
  return made
}
