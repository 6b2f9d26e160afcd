import { align, eachAttribute, readPlainText, readText, type VisitAttribute } from '@portolan/core/netlink'

/** Where something stands within a message. */
export interface Span {
  readonly view: DataView
  readonly start: number
  readonly end: number
}

/** Attributes by their type. */
export type Attributes = ReadonlyMap<number, Span>

/** Visits the attributes that stand between two offsets; false when one of them is cut off. */
export const visitAll = (view: DataView, start: number, end: number, visit: VisitAttribute): boolean => {
  let filled = start
  eachAttribute(view, start, end, (type, from, to) => {
    filled = start + align(to - start)
    visit(type, from, to)
  })
  return filled >= end
}

/**
 * The attributes that fill a span.
 * @returns null when one is cut off, is there twice, or is of no type that is named
 */
export const attributesIn = ({ view, start, end }: Span, types: readonly number[]): Attributes | null => {
  const found = new Map<number, Span>()
  let count = 0
  const isWhole = visitAll(view, start, end, (type, from, to) => {
    count += 1
    if (types.includes(type)) found.set(type, { view, start: from, end: to })
  })
  return isWhole && found.size === count ? found : null
}

/** A number of 32 bits in network order; null when it is not there, or not as long. */
export const numberIn = (attributes: Attributes, type: number): number | null => {
  const span = attributes.get(type)
  return span === undefined || span.end - span.start !== 4 ? null : span.view.getUint32(span.start)
}

/** A handle: 64 bits, of which no kernel has used more than fit into a number. */
export const handleIn = (attributes: Attributes, type: number): number | null => {
  const span = attributes.get(type)
  return span === undefined || span.end - span.start !== 8 ? null : Number(span.view.getBigUint64(span.start))
}

/** A text; null when it is not there, or no UTF-8: then nft prints the bytes themselves. */
export const textIn = (attributes: Attributes, type: number): string | null => {
  const span = attributes.get(type)
  return span === undefined ? null : textOf(span)
}

/** The text of a span, up to a NUL; null when it is no UTF-8. */
export const textOf = ({ view, start, end }: Span): string | null => {
  // ASCII has no U+FFFD, and nearly all texts are of it: none of ten thousand comments is searched for one.
  const plain = readPlainText(view, start, end)
  if (plain !== null) return plain
  const text = readText(view, start, end)
  return text.includes('\ufffd') ? null : text
}
