import { align, eachAttribute, readPlainText, readText, type VisitAttribute } from '@portolan/core/netlink'

/** A range of bytes within a message. */
export interface Span {
  readonly view: DataView
  readonly start: number
  readonly end: number
}

/** Attributes by their type. */
export type Attributes = ReadonlyMap<number, Span>

/** Visits the attributes between two offsets; false when one of them is cut off. */
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
 * @returns null when one is cut off, occurs twice, or has a type that is not named
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

/** A number of 32 bits in network order; null when it is absent or of another length. */
export const numberIn = (attributes: Attributes, type: number): number | null => {
  const span = attributes.get(type)
  return span === undefined || span.end - span.start !== 4 ? null : span.view.getUint32(span.start)
}

/** A handle. It has 64 bits, but no kernel has used more than fit into a JavaScript number. */
export const handleIn = (attributes: Attributes, type: number): number | null => {
  const span = attributes.get(type)
  return span === undefined || span.end - span.start !== 8 ? null : Number(span.view.getBigUint64(span.start))
}

/** A text; null when it is absent or not UTF-8, which nft prints byte by byte. */
export const textIn = (attributes: Attributes, type: number): string | null => {
  const span = attributes.get(type)
  return span === undefined ? null : textOf(span)
}

/** The text of a span, up to a NUL; null when it is not UTF-8. */
export const textOf = ({ view, start, end }: Span): string | null => {
  // Nearly all texts are ASCII, which contains no U+FFFD. Ten thousand comments are then not searched for that
  // character.
  const plain = readPlainText(view, start, end)
  if (plain !== null) return plain
  const text = readText(view, start, end)
  return text.includes('\ufffd') ? null : text
}
