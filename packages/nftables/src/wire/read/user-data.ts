import { type Span, textOf } from './attributes.ts'

/** What programs leave with an object for themselves, by its type (libnftnl, `src/udata.c`). */
export type UserData = ReadonlyMap<number, Span>

const nothing: UserData = new Map()

/**
 * Type, length and value, one after another, of one byte each but the value.
 * @param span - undefined: the object has none
 * @returns null when it is cut off
 */
export const userDataIn = (span: Span | undefined): UserData | null => {
  if (span === undefined) return nothing
  const { view, end } = span
  const found = new Map<number, Span>()
  let at = span.start
  while (at + 2 <= end) {
    const start = at + 2
    const next = start + view.getUint8(at + 1)
    if (next > end) return null
    found.set(view.getUint8(at), { view, start, end: next })
    at = next
  }
  return at === end ? found : null
}

/** A comment: null, there is none; undefined, it is none that nft would print as it is. */
export const commentIn = (data: UserData, type: number): string | null | undefined => {
  const span = data.get(type)
  return span === undefined ? null : (textOf(span) ?? undefined)
}
