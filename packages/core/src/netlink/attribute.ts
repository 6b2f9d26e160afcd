import { littleEndian } from './byte-order.ts'
import { NLA_TYPE_MASK } from './constants.ts'

/** Attributes and messages begin on multiples of four bytes (NLA_ALIGNTO, NLMSG_ALIGNTO). */
export const align = (length: number): number => (length + 3) & ~3

/** Receives one attribute: its type, and the offsets of its value, from `start` up to but not including `end`. */
export type VisitAttribute = (type: number, start: number, end: number) => void

/**
 * Visits the attributes between two offsets. A length that leaves the range ends the walk, as `nla_ok` does in the
 * kernel's own parser, so a cut-off attribute is never read.
 */
export const eachAttribute = (view: DataView, start: number, end: number, visit: VisitAttribute): void => {
  let offset = start
  while (offset + 4 <= end) {
    const length = view.getUint16(offset, littleEndian)
    if (length < 4 || offset + length > end) return
    visit(view.getUint16(offset + 2, littleEndian) & NLA_TYPE_MASK, offset + 4, offset + length)
    offset += align(length)
  }
}

/** Reads a string in UTF-8, up to the NUL that ends it. Each byte that is not valid UTF-8 is read as U+FFFD. */
export const readText = (view: DataView, start: number, end: number): string => {
  const plain = readPlainText(view, start, end)
  if (plain !== null) return plain
  let last = start
  while (last < end && view.getUint8(last) !== 0) last += 1
  return decode(view, start, last)
}

/**
 * Reads a string that is ASCII and ends with a NUL, as nearly all strings do.
 * @returns null: the string is not ASCII, has no NUL, or is too long
 */
export const readPlainText = (view: DataView, start: number, end: number): string | null => {
  // Most strings have their only NUL at the end.
  const length = end - start - 1
  if (length < 0 || length > LONGEST_ROOM) return null
  const codes = roomFor(length)
  for (let at = 0; at < length; at += 1) {
    const byte = view.getUint8(start + at)
    if (byte >= 0x80) return null
    if (byte === 0) return String.fromCharCode.apply(null, codes.slice(0, at))
    codes[at] = byte
  }
  // A string made in one piece is not copied when it is compared.
  return view.getUint8(end - 1) === 0 ? String.fromCharCode.apply(null, codes) : null
}

const LONGEST_ROOM = 256

/**
 * Buffers for the characters of a text, one for each length: nearly all texts are short, and ASCII. V8 hands an array
 * to `fromCharCode` as it is. A typed array is walked through its iterator, which takes ten times as long.
 */
const rooms: number[][] = []
const roomFor = (length: number): number[] => {
  const known = rooms[length]
  if (known !== undefined) return known
  const made = new Array<number>(length).fill(0)
  rooms[length] = made
  return made
}

const decode = (view: DataView, start: number, end: number): string => {
  let text = ''
  for (let at = start; at < end; ) {
    const byte = view.getUint8(at)
    const following = followingBytes(byte)
    const code = following === 0 ? byte : readCharacter(view, at, end, following)
    text += code === null ? '\ufffd' : String.fromCodePoint(code)
    at += code === null ? 1 : following + 1
  }
  return text
}

/**
 * The number of bytes that follow the first byte of a character; only 1, 2 and 3 begin a character of several bytes
 * (RFC 3629, section 4).
 */
const followingBytes = (byte: number): number => (byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3)

/**
 * The smallest character for each number of following bytes. A longer form is refused, or an interface could pass for
 * another with a different name.
 */
const leastOf = [0, 0x80, 0x800, 0x10000]

const readCharacter = (view: DataView, at: number, end: number, following: number): number | null => {
  const lead = view.getUint8(at)
  if (lead < 0xc2 || lead > 0xf4 || at + following >= end) return null
  let code = lead & (0x3f >> following)
  for (let next = 1; next <= following; next += 1) {
    const byte = view.getUint8(at + next)
    if ((byte & 0xc0) !== 0x80) return null
    code = (code << 6) | (byte & 0x3f)
  }
  const isSurrogate = code >= 0xd800 && code <= 0xdfff
  return code < (leastOf[following] ?? 0) || code > 0x10ffff || isSurrogate ? null : code
}
