import type { Blocks } from './blocks.ts'
import { addPrefix, type PrefixColumns, type PrefixTable, prefixTable, wordMask } from './prefix-columns.ts'
import { radixOrder } from './radix-order.ts'
import type { Reservation } from './reservation.ts'
import { space4, space6 } from './space.ts'

/** Both families. */
export interface BlockIndex {
  readonly ip: Blocks<number>
  readonly ip6: Blocks<bigint>
}

/** Says what an item of the columns is. Asked only for what is really in the way of something. */
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
 * The rows that are in no other, in order. A prefix inside another one is left out, since the outer one already
 * blocks all it could:
 *
 *     reserved   |-----------------|        |---|     |--|
 *                   |--|  |-----|           |-|
 *     kept       |-----------------|        |---|     |--|
 *
 * So no nested prefix can hide another's end, whatever the order in which they come.
 */
const outermost = (columns: PrefixColumns): Uint32Array => {
  const order = radixOrder(columns)
  let kept = 0
  for (let at = 0; at < order.length; at += 1) {
    const row = order[at] ?? 0
    // The outer prefix sorts before all that is in it, and what is in it before all else.
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

/** Where two rows are the very same prefix, the one added first owns it. */
export const indexTable = (table: PrefixTable, ownerOf: OwnerOf): BlockIndex => ({
  ip: blocks4(table.ip, ownerOf),
  ip6: blocks6(table.ip6, ownerOf),
})

/** Where two reserve the very same prefix, the one given first owns it. */
export const indexReservations = (reservations: readonly Reservation[]): BlockIndex => {
  const table = prefixTable(reservations.length)
  for (const [item, { prefix }] of reservations.entries()) addPrefix(table, prefix, item)
  return indexTable(table, (item) => reservations[item])
}
