import type { Blocks } from './blocks.ts'
import { addPrefix, type PrefixColumns, type PrefixTable, prefixTable, wordMask } from './prefix-columns.ts'
import { radixOrder } from './radix-order.ts'
import type { Reservation } from './reservation.ts'
import { space4, space6 } from './space.ts'

/** The reserved ranges of both families. */
export interface BlockIndex {
  readonly ip: Blocks<number>
  readonly ip6: Blocks<bigint>
}

/** Says what an item of the columns reserves. It is asked only about items that really block a candidate. */
export type OwnerOf = (item: number, prefix: Reservation['prefix']) => Reservation | undefined

const isInside = ({ words, lengths }: PrefixColumns, inner: number, outer: number): boolean => {
  const length = lengths[outer] ?? 0
  for (let word = 0; word < words.length; word += 1) {
    const column = words[word]
    if ((((column?.[inner] ?? 0) ^ (column?.[outer] ?? 0)) & wordMask(length, word)) !== 0) return false
  }
  return true
}

/**
 * The rows that lie in no other row, in order. A prefix inside another one is left out, because the outer one already
 * blocks all its addresses:
 *
 *     reserved   |-----------------|        |---|     |--|
 *                   |--|  |-----|           |-|
 *     kept       |-----------------|        |---|     |--|
 *
 * So no nested prefix can hide where another one ends, in whatever order they come.
 */
const outermost = (columns: PrefixColumns): Uint32Array => {
  const order = radixOrder(columns)
  let kept = 0
  for (let at = 0; at < order.length; at += 1) {
    const row = order[at] ?? 0
    // An outer prefix sorts before the prefixes inside it. These sort before every later prefix.
    if (kept > 0 && isInside(columns, row, order[kept - 1] ?? 0)) continue
    order[kept] = row
    kept += 1
  }
  return order.slice(0, kept)
}

const blocks4 = (columns: PrefixColumns, ownerOf: OwnerOf): Blocks<number> => {
  const rows = outermost(columns)
  const [column] = columns.words
  const starts = new Uint32Array(rows.length)
  const ends = new Uint32Array(rows.length)
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index] ?? 0
    const base = column?.[row] ?? 0
    starts[index] = base
    ends[index] = space4.lastOf(base, columns.lengths[row] ?? 0)
  }
  return {
    length: rows.length,
    startAt: (index) => starts[index],
    endAt: (index) => ends[index],
    ownerAt: (index) => {
      const [row, base] = [rows[index], starts[index]]
      if (row === undefined || base === undefined) return undefined
      return ownerOf(columns.items[row] ?? 0, { family: 'ip', base, length: columns.lengths[row] ?? 0 })
    },
  }
}

const blocks6 = (columns: PrefixColumns, ownerOf: OwnerOf): Blocks<bigint> => {
  const rows = outermost(columns)
  const startAt = (index: number): bigint | undefined => {
    const row = rows[index]
    if (row === undefined) return undefined
    return columns.words.reduce((value, column) => (value << 32n) | BigInt(column[row] ?? 0), 0n)
  }
  const lengthAt = (index: number): number => columns.lengths[rows[index] ?? -1] ?? 0
  return {
    length: rows.length,
    startAt,
    endAt: (index) => {
      const base = startAt(index)
      return base === undefined ? undefined : space6.lastOf(base, lengthAt(index))
    },
    ownerAt: (index) => {
      const base = startAt(index)
      if (base === undefined) return undefined
      return ownerOf(columns.items[rows[index] ?? 0] ?? 0, { family: 'ip6', base, length: lengthAt(index) })
    },
  }
}

/** Indexes the prefixes of a table. If two rows have the same prefix, the row added first owns it. */
export const indexTable = (table: PrefixTable, ownerOf: OwnerOf): BlockIndex => ({
  ip: blocks4(table.ip, ownerOf),
  ip6: blocks6(table.ip6, ownerOf),
})

/** Indexes reservations. If two have the same prefix, the first one owns it. */
export const indexReservations = (reservations: readonly Reservation[]): BlockIndex => {
  const table = prefixTable(reservations.length)
  for (const [item, { prefix }] of reservations.entries()) addPrefix(table, prefix, item)
  return indexTable(table, (item) => reservations[item])
}
