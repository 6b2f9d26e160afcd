import type { IsTaken } from './address-search.ts'
import { addressText, type Bounds } from './bounds.ts'
import type { LeasingNetwork } from './lease.ts'
import type { LeaseBook } from './lease-book.ts'
import { addressSpace } from './lease-key.ts'

const nowhere: readonly bigint[] = []

/** The key under which a book notes how far the search within some bounds has come. */
export const searchPlace = (on: LeasingNetwork, { family, first, last, gateway }: Bounds): string =>
  `${addressSpace(on, family)}${first} ${last} ${gateway ?? ''}`

/**
 * Finds the lowest address that was never leased and is not in use; the caller leases it. The search starts where the
 * last one within these bounds ended, and notes how far it came. Every address below that point was leased once, or was
 * in use. One that was in use may be free by now, so it is checked again if `isTaken` is another function.
 *
 * @param prefix - the text with which the keys of the addresses begin
 * @param place - the result of `searchPlace`
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

  /** The address as text; null: it is not free. */
  const ifFree = (value: bigint): string | null => {
    const text = addressText(family, value)
    if (text === gateway || book.find(`${prefix}${text}`) !== null) return null
    if (isTaken?.(text) !== true) return text
    seen.push(value)
    return null
  }
  const note = (next: bigint, unasked: readonly bigint[]): void => {
    // Usually no new address is in use since the last search. Then the same list is kept.
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
