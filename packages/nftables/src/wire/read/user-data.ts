import { type Span, textOf } from './attributes.ts'

/** The user data that a program stores with an object, by type (libnftnl, `src/udata.c`). */
export type UserData = ReadonlyMap<number, Span>

const nothing: UserData = new Map()

/**
 * Reads user data: type, length and value one after another. Type and length take one byte each.
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

/** The comment in user data. Null: no comment. Undefined: a comment that nft would print in another form. */
export const commentIn = (data: UserData, type: number): string | null | undefined => {
  const span = data.get(type)
  return span === undefined ? null : (textOf(span) ?? undefined)
}
