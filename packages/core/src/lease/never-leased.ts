import { addressText, type Bounds } from './bounds.ts'
import type { LeasingNetwork } from './lease.ts'
import { addressKey, addressSpace } from './lease-key.ts'
import type { LeaseState } from './lease-state.ts'
import { valueAt, withValue } from './sorted-map.ts'

/** Was somebody seen at this address, though nobody leased it? */
type IsTaken = (address: string) => boolean

/**
 * How far the search for an address that nobody ever had has come.
 * @public @since 0.1.0
 */
export interface AddressSearch {
  /** Everything before it was leased at some time, or is in one of the lists. */
  readonly next: bigint
  /** Where somebody was seen, as `isTaken` says; lowest first. Asked once more, it would say the same. */
  readonly seen: readonly bigint[]
  readonly isTaken: IsTaken | null
  /** Where somebody was seen as another function said, and `isTaken` was not asked yet; above those in `seen`. */
  readonly unasked: readonly bigint[]
}

const nowhere: readonly bigint[] = []

/**
 * The lowest address without a trace of a lease where nobody was seen, and how far the search came. It goes on
 * where the last one of these bounds ended: who had an address leaves a trace, so below that point there is none.
 * But who was merely seen leaves none, and may be gone by now.
 */
export const neverLeased = (
  state: LeaseState,
  { on, isTaken = null }: { readonly on: LeasingNetwork; readonly isTaken?: IsTaken | null },
  { family, first, last, gateway }: Bounds,
): readonly [string | null, LeaseState['searched']] => {
  const place = `${addressSpace(on, family)}${first} ${last} ${gateway ?? ''}`
  const prefix = addressKey(on, family, '')
  const before = valueAt(state.searched, place) ?? { next: first, seen: nowhere, isTaken, unasked: nowhere }
  const isSame = before.isTaken === isTaken
  const known = isSame ? before.seen : nowhere
  const again = isSame ? before.unasked : [...before.seen, ...before.unasked]
  const seen: bigint[] = []

  const hasTrace = (text: string): boolean => valueAt(state.leases, `${prefix}${text}`) !== null
  const isFree = (value: bigint): boolean => {
    const text = addressText(family, value)
    if (text === gateway || hasTrace(text)) return false
    if (isTaken?.(text) !== true) return true
    seen.push(value)
    return false
  }
  const end = (
    found: bigint | null,
    next: bigint,
    unasked: readonly bigint[],
  ): readonly [string | null, LeaseState['searched']] => {
    // Mostly nobody was seen since the last time, and the list stays the one it was.
    const search = { next, seen: seen.length === 0 ? known : [...known, ...seen], isTaken, unasked }
    return [found === null ? null : addressText(family, found), withValue(state.searched, place, search)]
  }

  for (const [at, value] of again.entries())
    if (isFree(value)) return end(value, before.next, again.slice(at + 1))
  let value = before.next
  for (; value <= last; value += 1n) if (isFree(value)) return end(value, value, nowhere)
  return end(null, value, nowhere)
}
