import type { Ranges } from '@portolan/netfilter'
import { firstEndingFrom } from '@portolan/netfilter/analysis'
import type { Reservation } from './reservation.ts'

/**
 * Reserved ranges of one family with their holders: sorted, disjoint and inclusive. Each is read by its index, from 0
 * to below `length`.
 */
export interface Blocks<T extends number | bigint> {
  readonly length: number
  readonly startAt: (index: number) => T | undefined
  readonly endAt: (index: number) => T | undefined
  readonly ownerAt: (index: number) => Reservation | undefined
}

/** Blocks, without the ranges that the user allows whatever the host says. */
export interface Layer<T extends number | bigint> {
  readonly blocks: Blocks<T>
  readonly allowed: Ranges<T>
  /** Can blocks be added while a plan is made? */
  readonly grows: boolean
}

/** A block that is in the way: every candidate that begins at or before `end` overlaps it. */
export interface Blocker<T extends number | bigint> {
  readonly index: number
  readonly end: T
}

const later = <T extends number | bigint>(a: T, b: T): T => (a > b ? a : b)
const earlier = <T extends number | bigint>(a: T, b: T): T => (a < b ? a : b)

/**
 * Is [from, to], a part of a block, wholly allowed? If not, what is the last address at which no candidate may begin?
 *
 *     block      |--------------------------|       |--------------------------|
 *     [from,to]       |------|                           |------|
 *     allowed    |------|         |---|                      |------|
 *     closed to                  ^                              ^
 *
 * On the right two allowed prefixes lie side by side. They count as one range, which need not be aligned.
 */
const closedTo = <T extends number | bigint>(
  { starts, ends }: Ranges<T>,
  from: T,
  to: T,
  previous: (value: T) => T,
): { readonly isAllowed: boolean; readonly end: T | undefined } => {
  let at = firstEndingFrom(ends.length, (index) => ends[index], from)
  const start = starts[at]
  const end = ends[at]
  if (start !== undefined && end !== undefined && start <= from && end >= to) {
    return { isAllowed: true, end: undefined }
  }
  for (let opens = starts[at]; opens !== undefined; opens = starts[at]) {
    if (opens > to) return { isAllowed: false, end: previous(opens) }
    const shuts = ends[at]
    if (shuts !== undefined && shuts > to) return { isAllowed: false, end: to }
    at += 1
  }
  return { isAllowed: false, end: undefined }
}

/**
 * Finds the first block, from index `from` on, that shares an address with [start, end] that is not allowed.
 *
 * @param previous - the address before another
 */
export const nextBlocker = <T extends number | bigint>(
  { blocks, allowed }: Layer<T>,
  start: T,
  end: T,
  from: number,
  previous: (value: T) => T,
): Blocker<T> | null => {
  for (let index = from; index < blocks.length; index += 1) {
    const blockStart = blocks.startAt(index)
    const blockEnd = blocks.endAt(index)
    if (blockStart === undefined || blockEnd === undefined || blockStart > end) return null
    if (allowed.starts.length === 0) return { index, end: blockEnd }
    const to = earlier(blockEnd, end)
    const closed = closedTo(allowed, later(blockStart, start), to, previous)
    if (closed.isAllowed) continue
    return { index, end: closed.end === undefined ? blockEnd : earlier(closed.end, blockEnd) }
  }
  return null
}

/**
 * The index at which to start looking for blocks that touch a range beginning at `start`.
 *
 * @param from - the result of an earlier call with the same or a lower `start`, for a layer that does not grow
 */
export const firstIndex = <T extends number | bigint>(
  { blocks }: Layer<T>,
  start: T,
  from: number = 0,
): number => firstEndingFrom(blocks.length, blocks.endAt, start, from)
