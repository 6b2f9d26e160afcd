import type { IsTaken } from './address-search.ts'
import { addressText, type Bounds } from './bounds.ts'
import type { LeasingNetwork } from './lease.ts'
import type { LeaseBook } from './lease-book.ts'
import { addressSpace } from './lease-key.ts'

const nowhere: readonly bigint[] = []

/** The place in a book that notes how far the search within some bounds has come. */
export const searchPlace = (on: LeasingNetwork, { family, first, last, gateway }: Bounds): string =>
  `${addressSpace(on, family)}${first} ${last} ${gateway ?? ''}`

/**
 * The lowest address that was never leased and is not in use, for the caller to lease. The search begins where the last
 * one within these bounds ended, and notes how far it came. Below that point every address was leased once, or was in
 * use. The latter may be free by now, so they are looked at again.
 *
 * @param prefix - what the keys of the addresses begin with
 * @param place - as `searchPlace` gives it
 */
export const neverLeased = (
  book: LeaseBook,
  isTaken: IsTaken | null,
  {
    bounds: { family, first, last, gateway },
    prefix,
    place,
  }: { readonly bounds: Bounds; readonly prefix: string; readonly place: string },
): string | null => {
  const before = book.searched(place) ?? { next: first, seen: nowhere, isTaken, unasked: nowhere }
  const isSame = before.isTaken === isTaken
  const known = isSame ? before.seen : nowhere
  const again = isSame ? before.unasked : [...before.seen, ...before.unasked]
  const seen: bigint[] = []

  /** The address as text, where it is free. */
  const ifFree = (value: bigint): string | null => {
    const text = addressText(family, value)
    if (text === gateway || book.find(`${prefix}${text}`) !== null) return null
    if (isTaken?.(text) !== true) return text
    seen.push(value)
    return null
  }
  const note = (next: bigint, unasked: readonly bigint[]): void => {
    // Mostly no more addresses are in use since the last time, and the list stays the one it was.
    const all = seen.length === 0 ? known : [...known, ...seen]
    book.noteSearched(place, { next, seen: all, isTaken, unasked })
  }

  for (const [at, value] of again.entries()) {
    const found = ifFree(value)
    if (found === null) continue
    note(before.next, again.slice(at + 1))
    return found
  }
  for (let value = before.next; value <= last; value += 1n) {
    const found = ifFree(value)
    if (found === null) continue
    note(value + 1n, nowhere)
    return found
  }
  note(before.next > last ? before.next : last + 1n, nowhere)
  return null
}
