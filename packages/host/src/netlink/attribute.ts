import { ByteWriter, littleEndian, NLA_F_NESTED } from '@portolan/core/netlink'

/**
 * One attribute: length, type, value, and the zero bytes that pad it to four.
 */
export const attribute = (type: number, value: Uint8Array): Uint8Array => {
  const writer = new ByteWriter(value.length + 8)
  writer.attribute(type, () => writer.raw(value))
  return writer.bytes()
}

/** An attribute that contains other attributes. */
export const nested = (type: number, ...children: readonly Uint8Array[]): Uint8Array =>
  attribute(type | NLA_F_NESTED, concatenate(children))

export const attributeU8 = (type: number, value: number): Uint8Array => attribute(type, Uint8Array.of(value))

export const attributeU16 = (type: number, value: number): Uint8Array => {
  const bytes = new Uint8Array(2)
  new DataView(bytes.buffer).setUint16(0, value, littleEndian)
  return attribute(type, bytes)
}

export const attributeU32 = (type: number, value: number): Uint8Array => attribute(type, u32(value))

/** A text with the closing NUL that the kernel's NLA_NUL_STRING and NLA_STRING policies accept. */
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

/** A copy of the bytes between two offsets: a view into a datagram would keep the whole datagram alive. */
export const copyBytes = (view: DataView, start: number, end: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + start, end - start).slice()
