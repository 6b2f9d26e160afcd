import type { Ranges } from '@portolan/netfilter'
import { firstEndingFrom } from '@portolan/netfilter/analysis'
import type { Reservation } from './reservation.ts'

/**
 * Reserved ranges of one family, sorted, disjoint and inclusive, with the holder of each. Asked by index, from 0
 * to below `length`.
 */
export interface Blocks<T extends number | bigint> {
  readonly length: number
  readonly startAt: (index: number) => T | undefined
  readonly endAt: (index: number) => T | undefined
  readonly ownerAt: (index: number) => Reservation | undefined
}

/** Blocks, less what the user said may be used whatever is there. */
export interface Layer<T extends number | bigint> {
  readonly blocks: Blocks<T>
  readonly allowed: Ranges<T>
  /** Do blocks come up while a plan is made? */
  readonly grows: boolean
}

/** Something in the way: no candidate that begins up to `end` is free of it. */
export interface Blocker<T extends number | bigint> {
  readonly index: number
  readonly end: T
}

const later = <T extends number | bigint>(a: T, b: T): T => (a > b ? a : b)
const earlier = <T extends number | bigint>(a: T, b: T): T => (a < b ? a : b)

/**
 * Is [from, to], a part of a block, wholly allowed? And if not, up to where may no candidate begin?
 *
 *     block      |--------------------------|       |--------------------------|
 *     [from,to]       |------|                           |------|
 *     allowed    |------|         |---|                      |------|
 *     closed to                  ^                              ^
 *
 * On the right are two allowed prefixes side by side, which are one range and so need not be aligned.
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
 * The first block at or after index `from` that has an address in common with [start, end] which is not allowed.
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
 * Where to begin looking for what touches a range that begins at `start`.
 *
 * @param from - what an earlier call for a `start` no higher gave, if the layer does not grow
 */
export const firstIndex = <T extends number | bigint>(
  { blocks }: Layer<T>,
  start: T,
  from: number = 0,
): number => firstEndingFrom(blocks.length, blocks.endAt, start, from)
