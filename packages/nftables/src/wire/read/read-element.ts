import { align, littleEndian, NLA_TYPE_MASK } from '@portolan/core/netlink'
import type { Element, Expression, Verdict } from '../../model/index.ts'
import {
  NFTA_DATA_VALUE,
  NFTA_DATA_VERDICT,
  NFTA_SET_ELEM_DATA,
  NFTA_SET_ELEM_FLAGS,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_USERDATA,
  UDATA_SET_ELEM_COMMENT,
  UDATA_SET_ELEM_FLAGS,
} from '../constants.ts'
import { textOf } from './attributes.ts'
import { type ReadValue, readerOf } from './read-value.ts'
import { readVerdict } from './read-verdict.ts'
import { commentIn, userDataIn } from './user-data.ts'

/** Elements as the kernel holds them: of an interval set, the ends of intervals. */
export interface RawElements {
  readonly elements: Element[]
  /** The flags of an element that has any, by its place. */
  readonly flags: Map<number, number>
}

/** Names of the types of a set: several when they are concatenated. */
export interface ElementTypes {
  readonly key: readonly string[]
  /** Null of a set. */
  readonly data: readonly string[] | null
}

/** Reads one NFTA_LIST_ELEM onto others; false when there is more to it than ours have. */
export type ReadElement = (view: DataView, start: number, end: number, onto: RawElements) => boolean

/** What stands in NFTA_SET_ELEM_KEY or NFTA_SET_ELEM_DATA: one attribute, which fills it. */
const readData = (
  view: DataView,
  start: number,
  end: number,
  read: ReadValue | null,
): Expression | Verdict | null => {
  if (start + 4 > end) return null
  const last = start + view.getUint16(start, littleEndian)
  if (last < start + 4 || last > end || align(last - start) + start < end) return null
  const type = view.getUint16(start + 2, littleEndian) & NLA_TYPE_MASK
  if (type === NFTA_DATA_VALUE) return read?.(view, start + 4, last) ?? null
  return type === NFTA_DATA_VERDICT ? readVerdict({ view, start: start + 4, end: last }) : null
}

/**
 * The comment in what libnftables keeps with an element: null, there is none; undefined, there is more. That an interval
 * goes up to the last value there is shows in its having no end.
 */
const readComment = (view: DataView, start: number, end: number): string | null | undefined => {
  // Nearly all have a comment alone.
  if (
    end - start > 2 &&
    view.getUint8(start) === UDATA_SET_ELEM_COMMENT &&
    start + 2 + view.getUint8(start + 1) === end
  )
    return textOf({ view, start: start + 2, end }) ?? undefined
  const data = userDataIn({ view, start, end })
  const isKnown = [...(data?.keys() ?? [])].every(
    (type) => type === UDATA_SET_ELEM_COMMENT || type === UDATA_SET_ELEM_FLAGS,
  )
  return data === null || !isKnown ? undefined : commentIn(data, UDATA_SET_ELEM_COMMENT)
}

/** Reads bytes that are those of the time before as the same value: most mappings of a map lead to one container. */
const likeBefore = (read: ReadValue | null): ReadValue | null => {
  if (read === null) return null
  let before: { readonly view: DataView; readonly start: number; readonly length: number } | null = null
  let value: Expression | null = null
  return (view, start, end) => {
    if (
      before !== null &&
      before.length === end - start &&
      areAlike(before.view, before.start, view, start, end)
    )
      return value
    value = read(view, start, end)
    before = { view, start, length: end - start }
    return value
  }
}

const areAlike = (one: DataView, from: number, other: DataView, start: number, end: number): boolean => {
  for (let at = start; at < end; at += 1)
    if (one.getUint8(from + at - start) !== other.getUint8(at)) return false
  return true
}

/** How to read the elements of a set; null when its types are not among ours. */
export const elementReader = (types: ElementTypes): ReadElement | null => {
  const readKey = readerOf(types.key)
  const readEnd = likeBefore(readerOf(types.data ?? []))
  const isVerdict = types.data?.[0] === 'verdict'
  if (readKey === null || (types.data !== null && readEnd === null && !isVerdict)) return null
  // Ten thousand elements come by here: the walk of `visitAll`, without a function for each.
  return (view, start, end, { elements, flags: flagged }) => {
    let key: Expression | null = null
    let data: Expression | null = null
    let comment: string | null = null
    let flags = 0
    let at = start
    while (at + 4 <= end) {
      const last = at + view.getUint16(at, littleEndian)
      if (last < at + 4 || last > end) return false
      const type = view.getUint16(at + 2, littleEndian) & NLA_TYPE_MASK
      if (type === NFTA_SET_ELEM_KEY) key = readData(view, at + 4, last, readKey)
      else if (type === NFTA_SET_ELEM_DATA) {
        data = readData(view, at + 4, last, readEnd)
        if (data === null) return false
      } else if (type === NFTA_SET_ELEM_USERDATA) {
        const read = readComment(view, at + 4, last)
        if (read === undefined) return false
        comment = read
      } else if (type === NFTA_SET_ELEM_FLAGS && last - at === 8) flags = view.getUint32(at + 4)
      // A timeout, a counter, the far end of a key: nft knows how to list those.
      else return false
      at += align(last - at)
    }
    if (key === null || at < end) return false
    if (flags !== 0) flagged.set(elements.length, flags)
    elements.push({ key, data, comment, attributes: null })
    return true
  }
}
