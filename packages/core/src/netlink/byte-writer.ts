import { align } from './attribute.ts'
import { littleEndian } from './byte-order.ts'

/**
 * The largest buffer that is cut from a shared one, in bytes. A buffer of its own takes longer to make than a message
 * takes to write.
 */
const SHORT = 2048
const SHARED = 32 * SHORT
let shared = new Uint8Array(SHARED)
let taken = 0

/** A new buffer of zeros that no other writer uses. */
const newRoom = (bytes: number): Uint8Array<ArrayBuffer> => {
  if (bytes > SHORT) return new Uint8Array(bytes)
  if (taken + bytes > SHARED) {
    shared = new Uint8Array(SHARED)
    taken = 0
  }
  const start = taken
  taken += align(bytes)
  return shared.subarray(start, start + bytes)
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): DataView =>
  new DataView(buffer, byteOffset, byteLength)

/**
 * Writes netlink messages one after another into a buffer that grows. The length of an enclosing part is filled in
 * last.
 */
export class ByteWriter {
  length = 0
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView

  /** @param room - the size to begin with, in bytes */
  constructor(room = 1024) {
    this.#bytes = newRoom(room)
    this.#view = viewOf(this.#bytes)
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return
    const bytes = newRoom(Math.max(this.#bytes.length * 2, this.length + count))
    bytes.set(this.#bytes)
    this.#bytes = bytes
    this.#view = viewOf(bytes)
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.length] = value
    this.length += 1
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Writes the bytes between two offsets once more. */
  repeat(start: number, end: number): void {
    this.#reserve(end - start)
    this.#bytes.copyWithin(this.length, start, end)
    this.length += end - start
  }

  /** Writes over a byte that was left free. */
  setU8(at: number, value: number): void {
    this.#bytes[at] = value
  }

  /** In the byte order of the machine. */
  u16(value: number): void {
    this.#reserve(2)
    this.#view.setUint16(this.length, value, littleEndian)
    this.length += 2
  }

  /** In the byte order of the machine. */
  u32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.length, value, littleEndian)
    this.length += 4
  }

  /** In network order. */
  be16(value: number): void {
    this.#reserve(2)
    this.#view.setUint16(this.length, value)
    this.length += 2
  }

  /** In network order. */
  be32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.length, value)
    this.length += 4
  }

  /** In network order. */
  be64(value: bigint): void {
    this.#reserve(8)
    this.#view.setBigUint64(this.length, value)
    this.length += 8
  }

  /** Zeros up to the next multiple of four. */
  pad(): void {
    const end = align(this.length)
    this.#reserve(end - this.length)
    for (; this.length < end; this.length += 1) this.#bytes[this.length] = 0
  }

  /** A well-formed string in UTF-8 (RFC 3629). */
  utf8(text: string): void {
    const plain = this.#ascii(text)
    for (const character of plain === text.length ? '' : text.slice(plain)) {
      const code = character.codePointAt(0) ?? 0
      if (code < 0x80) this.u8(code)
      else {
        const following = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3
        const lead = following === 1 ? 0xc0 : following === 2 ? 0xe0 : 0xf0
        this.u8(lead | (code >> (6 * following)))
        for (let at = following - 1; at >= 0; at -= 1) this.u8(0x80 | ((code >> (6 * at)) & 0x3f))
      }
    }
  }

  /**
   * Writes a text up to its first character that is not ASCII; nearly all texts are ASCII. @returns the characters
   * written
   */
  #ascii(text: string): number {
    const { length } = text
    this.#reserve(length)
    const bytes = this.#bytes
    const start = this.length
    let at = 0
    for (; at < length; at += 1) {
      const code = text.charCodeAt(at)
      if (code >= 0x80) break
      bytes[start + at] = code
    }
    this.length = start + at
    return at
  }

  /**
   * Begins an attribute, which `close` ends.
   * @returns where it begins
   */
  open(type: number): number {
    this.#reserve(4)
    const start = this.length
    this.#view.setUint16(start + 2, type, littleEndian)
    this.length = start + 4
    return start
  }

  /** Fills in the length of an attribute, and adds the padding. */
  close(start: number): void {
    this.#view.setUint16(start, this.length - start, littleEndian)
    this.pad()
  }

  /** One attribute: length, type, what `write` writes, and padding that the length does not count. */
  attribute(type: number, write: () => void): void {
    const start = this.open(type)
    write()
    this.close(start)
  }

  /** Writes one netlink message around what `write` writes. The kernel wants messages aligned (NLMSG_ALIGN). */
  message(type: number, flags: number, sequence: number, write: () => void): void {
    const start = this.length
    this.u32(0)
    this.u16(type)
    this.u16(flags)
    this.u32(sequence)
    this.u32(0)
    write()
    this.#view.setUint32(start, this.length - start, littleEndian)
    this.pad()
  }

  /** Adds flags to the message that begins at an offset. */
  addFlags(at: number, flags: number): void {
    const place = at + 6
    this.#view.setUint16(place, this.#view.getUint16(place, littleEndian) | flags, littleEndian)
  }

  /** The bytes written so far, without a copy: write nothing after this. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  /** A copy of the bytes written so far; later writes do not change it. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.length)
  }
}
