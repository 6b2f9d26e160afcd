import { littleEndian } from './byte-writer.ts'
import { NLA_TYPE_MASK } from './constants.ts'

/** Where the value of an attribute stands: from `start`, up to but not including `end`. */
export type VisitAttribute = (type: number, start: number, end: number) => void

/** Visits the attributes between two offsets; one that runs past the end is the last. */
export const eachAttribute = (view: DataView, from: number, to: number, visit: VisitAttribute): void => {
  for (let at = from; at + 4 <= to; ) {
    const length = view.getUint16(at, littleEndian)
    if (length < 4) return
    visit(view.getUint16(at + 2, littleEndian) & NLA_TYPE_MASK, at + 4, Math.min(at + length, to))
    at += (length + 3) & ~3
  }
}

/** A string in UTF-8, up to its closing NUL. Ours are ASCII for the most part. */
export const readText = (view: DataView, start: number, end: number): string => {
  let text = ''
  for (let at = start; at < end; ) {
    const byte = view.getUint8(at)
    if (byte === 0) break
    const following = byte < 0xc0 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
    let code = following === 0 ? byte : byte & (0x3f >> following)
    for (let next = 1; next <= following; next += 1)
      code = (code << 6) | (at + next < end ? view.getUint8(at + next) & 0x3f : 0)
    text += String.fromCodePoint(Math.min(code, 0x10ffff))
    at += following + 1
  }
  return text
}
