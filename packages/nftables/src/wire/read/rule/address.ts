import type { Expression } from '../../../model/index.ts'
import type { Span } from '../attributes.ts'
import { bytesOf, type ReadValue, readerOf } from '../read-value.ts'
import type { Loaded } from './register.ts'

type AddressType = 'ipv4_addr' | 'ipv6_addr'

const readers: Readonly<Record<AddressType, ReadValue | null>> = {
  ipv4_addr: readerOf(['ipv4_addr']),
  ipv6_addr: readerOf(['ipv6_addr']),
}

export const isAddress = (type: string): type is AddressType => type in readers

/** An address of a type; null when the span has another length. */
export const addressIn = (type: AddressType, { view, start, end }: Span): Expression | null =>
  readers[type]?.(view, start, end) ?? null

/** The number of leading ones in a mask; null when a one follows a zero. */
const lengthOf = ({ view, start, end }: Span): number | null => {
  let length = 0
  let isOver = false
  for (let at = start; at < end; at += 1) {
    const byte = view.getUint8(at)
    const ones = Math.clz32(~byte & 0xff) - 24
    if ((isOver && byte !== 0) || ((byte << ones) & 0xff) !== 0) return null
    length += ones
    isOver ||= ones < 8
  }
  return length
}

/** Has a value no bits outside a mask? */
const isWithin = (value: Span, mask: Span): boolean => {
  for (let at = 0; at < value.end - value.start; at += 1)
    if ((value.view.getUint8(value.start + at) & ~mask.view.getUint8(mask.start + at)) !== 0) return false
  return true
}

const prefix = (type: AddressType, value: Span, length: number): Expression | null => {
  const bytes = new Uint8Array(bytesOf(type) ?? 0)
  for (let at = value.start; at < value.end; at += 1) bytes[at - value.start] = value.view.getUint8(at)
  const address = addressIn(type, { view: new DataView(bytes.buffer), start: 0, end: bytes.length })
  return address === null ? null : { kind: 'prefix', address, length }
}

/**
 * The address or prefix in a comparison. A prefix is a comparison of the first bytes alone, or of masked bytes where it
 * ends within a byte.
 */
export const comparedAddress = (
  type: AddressType,
  { bytes, mask, expression }: Loaded,
  value: Span,
): Expression | null => {
  const whole = bytesOf(type) ?? 0
  const length = value.end - value.start
  if (mask !== null) {
    const ones = lengthOf(mask)
    const isWhole = bytes === whole && length === whole && mask.end - mask.start === whole
    return isWhole && ones !== null && ones > 0 && ones < 8 * whole && isWithin(value, mask)
      ? prefix(type, value, ones)
      : null
  }
  // For a header field the kernel loads as many bytes as it compares. For the conntrack tuple it loads the whole
  // address.
  if (length === 0 || length > bytes || (expression.kind === 'payload' && length !== bytes)) return null
  return length === whole ? addressIn(type, value) : prefix(type, value, length * 8)
}
