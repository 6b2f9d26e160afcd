import { littleEndian } from './byte-order.ts'
import { NLA_F_NESTED, NLA_TYPE_MASK } from './constants.ts'

/** Attributes and messages begin on multiples of four bytes (NLA_ALIGNTO, NLMSG_ALIGNTO). */
export const align = (length: number): number => (length + 3) & ~3

/**
 * One attribute: length, type, value, and the zero bytes that pad it to four.
 */
export const attribute = (type: number, value: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(align(4 + value.length))
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 4 + value.length, littleEndian)
  view.setUint16(2, type, littleEndian)
  bytes.set(value, 4)
  return bytes
}

/** An attribute that holds attributes. */
export const nested = (type: number, ...children: readonly Uint8Array[]): Uint8Array =>
  attribute(type | NLA_F_NESTED, concatenate(children))

export const attributeU8 = (type: number, value: number): Uint8Array => attribute(type, Uint8Array.of(value))

export const attributeU32 = (type: number, value: number): Uint8Array => attribute(type, u32(value))

/** A string with the NUL that the kernel's NLA_NUL_STRING and NLA_STRING policies accept. */
export const attributeText = (type: number, text: string): Uint8Array =>
  attribute(type, new TextEncoder().encode(`${text}\0`))

export const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, littleEndian)
  return bytes
}

export const concatenate = (parts: readonly Uint8Array[]): Uint8Array => {
  let length = 0
  for (const part of parts) length += part.length
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/**
 * Visits the attributes that stand between two offsets. A length that leaves the range ends the walk, as
 * `nla_ok` does in the kernel's own parser: what is cut off is never read.
 */
export const eachAttribute = (
  view: DataView,
  start: number,
  end: number,
  visit: (type: number, start: number, end: number) => void,
): void => {
  let offset = start
  while (offset + 4 <= end) {
    const length = view.getUint16(offset, littleEndian)
    if (length < 4 || offset + length > end) return
    visit(view.getUint16(offset + 2, littleEndian) & NLA_TYPE_MASK, offset + 4, offset + length)
    offset += align(length)
  }
}

/** A copy of the bytes between two offsets: a view into a datagram would keep the whole datagram alive. */
export const copyBytes = (view: DataView, start: number, end: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + start, end - start).slice()

/** A string value, without the NUL that may end it. */
export const readText = (view: DataView, start: number, end: number): string => {
  const last = end > start && view.getUint8(end - 1) === 0 ? end - 1 : end
  return decoder.decode(new Uint8Array(view.buffer, view.byteOffset + start, last - start))
}

const decoder = new TextDecoder()
