import type { Expression, Verdict } from '../../model/index.ts'
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
import { textOf, visitAll } from './attributes.ts'
import { type ReadValue, readerOf } from './read-value.ts'
import { readVerdict } from './read-verdict.ts'
import { commentIn, userDataIn } from './user-data.ts'

/** An element as the kernel holds it: of an interval set, one end of an interval. */
export interface RawElement {
  readonly key: Expression
  readonly data: Expression | null
  readonly comment: string | null
  readonly flags: number
}

/** Names of the types of a set: several when they are concatenated. */
export interface ElementTypes {
  readonly key: readonly string[]
  /** Null of a set. */
  readonly data: readonly string[] | null
}

/** Reads one NFTA_LIST_ELEM; null when there is more to it than ours have. */
export type ReadElement = (view: DataView, start: number, end: number) => RawElement | null

/** What stands in NFTA_SET_ELEM_KEY or NFTA_SET_ELEM_DATA. */
const readData = (
  view: DataView,
  start: number,
  end: number,
  read: ReadValue | null,
): Expression | Verdict | null => {
  let found: Expression | null = null
  const isWhole = visitAll(view, start, end, (type, from, to) => {
    if (type === NFTA_DATA_VALUE) found = read?.(view, from, to) ?? null
    else if (type === NFTA_DATA_VERDICT) found = readVerdict({ view, start: from, end: to })
  })
  return isWhole ? found : null
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

/** How to read the elements of a set; null when its types are not among ours. */
export const elementReader = (types: ElementTypes): ReadElement | null => {
  const readKey = readerOf(types.key)
  const readEnd = readerOf(types.data ?? [])
  const isVerdict = types.data?.[0] === 'verdict'
  if (readKey === null || (types.data !== null && readEnd === null && !isVerdict)) return null
  return (view, start, end) => {
    let key: Expression | null = null
    let data: Expression | null = null
    let comment: string | null = null
    let flags = 0
    let isKnown = true
    const isWhole = visitAll(view, start, end, (type, from, to) => {
      if (type === NFTA_SET_ELEM_KEY) key = readData(view, from, to, readKey)
      else if (type === NFTA_SET_ELEM_DATA) {
        data = readData(view, from, to, readEnd)
        isKnown &&= data !== null
      } else if (type === NFTA_SET_ELEM_USERDATA) {
        const read = readComment(view, from, to)
        comment = read ?? null
        isKnown &&= read !== undefined
      } else if (type === NFTA_SET_ELEM_FLAGS && to - from === 4) flags = view.getUint32(from)
      // A timeout, a counter, the far end of a key: nft knows how to list those.
      else isKnown = false
    })
    return key === null || !isKnown || !isWhole ? null : { key, data, comment, flags }
  }
}
