import { eachAttribute, readText } from '@portolan/core/netlink'
import type { Expression, NamedSet, Verdict } from '../model/index.ts'
import {
  NFTA_DATA_VALUE,
  NFTA_DATA_VERDICT,
  NFTA_SET_ELEM_DATA,
  NFTA_SET_ELEM_FLAGS,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_USERDATA,
  NFTA_VERDICT_CHAIN,
  NFTA_VERDICT_CODE,
  UDATA_SET_ELEM_COMMENT,
} from './constants.ts'
import { type ReadValue, readerOf } from './read-value.ts'

/** An element as the kernel holds it: of an interval set, one end of an interval. */
export interface RawElement {
  readonly key: Expression
  readonly data: Expression | null
  readonly comment: string | null
  readonly flags: number
}

/** Reads one NFTA_LIST_ELEM; null when there is more to it than ours have. */
export type ReadElement = (view: DataView, start: number, end: number) => RawElement | null

const verdicts: ReadonlyMap<number, Verdict['kind']> = new Map([
  [0, 'drop'],
  [1, 'accept'],
  [0xffffffff, 'continue'],
  [0xfffffffd, 'jump'],
  [0xfffffffc, 'goto'],
  [0xfffffffb, 'return'],
])

const readVerdict = (view: DataView, start: number, end: number): Verdict | null => {
  let kind: Verdict['kind'] | undefined
  let target = ''
  eachAttribute(view, start, end, (type, from, to) => {
    if (type === NFTA_VERDICT_CODE) kind = verdicts.get(view.getUint32(from))
    else if (type === NFTA_VERDICT_CHAIN) target = readText(view, from, to)
  })
  if (kind === undefined) return null
  return kind === 'jump' || kind === 'goto' ? { kind, target } : { kind }
}

/** What stands in NFTA_SET_ELEM_KEY or NFTA_SET_ELEM_DATA. */
const readData = (view: DataView, start: number, end: number, read: ReadValue | null): Expression | null => {
  let found: Expression | null = null
  eachAttribute(view, start, end, (type, from, to) => {
    if (type === NFTA_DATA_VALUE) found = read?.(view, from, to) ?? null
    else if (type === NFTA_DATA_VERDICT) found = readVerdict(view, from, to)
  })
  return found
}

/** Type, length and value, one after another, as libnftables keeps them. Null when there is more than a comment. */
const readComment = (view: DataView, start: number, end: number): string | null => {
  if (end - start < 2 || view.getUint8(start) !== UDATA_SET_ELEM_COMMENT) return null
  const length = view.getUint8(start + 1)
  return start + 2 + length === end ? readText(view, start + 2, end) : null
}

const typesOf = (type: NamedSet['dataType']): readonly string[] => (type?.kind === 'names' ? type.names : [])

/** How to read the elements of a set; null when its types are not among ours. */
export const elementReader = ({ keyType, dataType }: NamedSet): ReadElement | null => {
  const readKey = readerOf(typesOf(keyType))
  const readEnd = readerOf(typesOf(dataType))
  const isVerdict = typesOf(dataType)[0] === 'verdict'
  if (readKey === null || (dataType !== null && readEnd === null && !isVerdict)) return null
  return (view, start, end) => {
    let key: Expression | null = null
    let data: Expression | null = null
    let comment: string | null = null
    let flags = 0
    let isKnown = true
    eachAttribute(view, start, end, (type, from, to) => {
      if (type === NFTA_SET_ELEM_KEY) key = readData(view, from, to, readKey)
      else if (type === NFTA_SET_ELEM_DATA) {
        data = readData(view, from, to, readEnd)
        isKnown &&= data !== null
      } else if (type === NFTA_SET_ELEM_USERDATA) {
        comment = readComment(view, from, to)
        isKnown &&= comment !== null
      } else if (type === NFTA_SET_ELEM_FLAGS) flags = view.getUint32(from)
      // A timeout, a counter, the far end of a key: nft knows how to list those.
      else isKnown = false
    })
    return key === null || !isKnown ? null : { key, data, comment, flags }
  }
}
