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

/** The elements of a set as the kernel holds them. For an interval set they are the ends of intervals. */
export interface RawElements {
  readonly elements: Element[]
  /** The flags of the elements that have any, by their index in the list. */
  readonly flags: Map<number, number>
}

/** The names of a set's types: several for a concatenation. */
export interface ElementTypes {
  readonly key: readonly string[]
  /** Null: a set, which holds no data. */
  readonly data: readonly string[] | null
}

/** Reads one NFTA_LIST_ELEM and adds it to a list. False: the element has parts that our elements never have. */
export type ReadElement = (view: DataView, start: number, end: number, onto: RawElements) => boolean

/** Reads NFTA_SET_ELEM_KEY or NFTA_SET_ELEM_DATA, which hold one attribute. */
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
 * Reads the comment in an element's user data. Null: no comment. Undefined: user data of another form. The flag of an
 * open interval is ignored, because such an interval has no end element.
 */
const readComment = (view: DataView, start: number, end: number): string | null | undefined => {
  // Nearly all elements have a comment alone.
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

/** Returns the value read before where the bytes are the same. Most mappings of a map lead to one container. */
const reuseRead = (read: ReadValue | null): ReadValue | null => {
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

/** Makes a reader for the elements of a set; null when our sets never have these types. */
export const elementReader = (types: ElementTypes): ReadElement | null => {
  const readKey = readerOf(types.key)
  const readEnd = reuseRead(readerOf(types.data ?? []))
  const isVerdict = types.data?.[0] === 'verdict'
  if (readKey === null || (types.data !== null && readEnd === null && !isVerdict)) return null
  // A copy of the loop of `visitAll`. Calling a function for each attribute of ten thousand elements would take longer.
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
      // A timeout, a counter or the end of a key range. nft can list these.
      else return false
      at += align(last - at)
    }
    if (key === null || at < end) return false
    if (flags !== 0) flagged.set(elements.length, flags)
    elements.push({ key, data, comment, attributes: null })
    return true
  }
}
