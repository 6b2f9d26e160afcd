import { checkText } from './check-text.ts'

/**
 * The deepest nesting of brackets that a JSON text may have. nft's own JSON, host facts and the files of other
 * engines stay below thirty. Readers and printers recurse, so a text of brackets alone would exhaust the stack.
 * @internal
 */
export const deepestJson = 200

const quote = 0x22
const backslash = 0x5c

/**
 * The offset after the string that starts at `start`.
 * @example
 * endOfJsonString('"a\\"b" ', 0) // 6
 * @public @since 0.1.0
 */
export const endOfJsonString = (text: string, start: number): number => {
  checkText(text, 'text')
  let at = start + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) return at + 1
    at += code === backslash ? 2 : 1
  }
  return text.length
}

/**
 * The most lists and objects that a JSON text may have: enough for a few in each of a million routes or elements.
 * Without a limit a small text could take much memory: an empty list is three characters of text and eighty bytes of
 * memory.
 * @internal
 */
export const mostBrackets = 5_000_000

/**
 * The place where a JSON text exceeds a limit, and the reason.
 * @public @since 0.1.0
 */
export interface JsonExcess {
  readonly offset: number
  /** As a clause: `it is nested more than 200 deep`. */
  readonly why: string
}

/**
 * Finds the first bracket that opens deeper than `deepestJson`, or is one more than `mostBrackets`; null when none does.
 * @example
 * findJsonExcess('[[]]') // null
 * @public @since 0.1.0
 */
export const findJsonExcess = (text: string): JsonExcess | null => {
  checkText(text, 'text')
  let depth = 0
  let count = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const end = text.indexOf('"', at + 1)
      // A quote behind a backslash is mostly escaped, and not the end.
      at = text.charCodeAt(end - 1) === backslash || end < 0 ? endOfJsonString(text, at) - 1 : end
      continue
    }
    // [ and { differ by one bit, and so do ] and }: with this bit set, one comparison finds both.
    const bracket = code | 0x20
    if (bracket === 0x7d) depth -= 1
    if (bracket === 0x7b) {
      depth += 1
      count += 1
      if (depth > deepestJson) return { offset: at, why: `it is nested more than ${deepestJson} deep` }
      if (count > mostBrackets)
        return { offset: at, why: `it has more than ${mostBrackets} lists and objects` }
    }
  }
  return null
}
