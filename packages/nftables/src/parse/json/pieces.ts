import { isArray, isObject, type JsonObject, type JsonValue } from '../../model/index.ts'

/**
 * The number of characters read at a time. Parsing the whole list at once makes objects of ten times its length, all
 * alive until the end. The garbage collector then takes longer to move them than we take to read them.
 */
const PIECE = 2 ** 16

const opening = /^\s*\{\s*"nftables"\s*:\s*\[/
const closing = /^\]\s*\}\s*$/
/** Matches where one entry ends and a rule or chain begins. No statement has a key of these names. */
const between = /\}\s*,\s*(?=\{\s*"(?:rule|chain)"\s*:)/g

const tryParse = (text: string): JsonValue => {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return null
  }
}

/**
 * Passes the entries of `{"nftables": [...]}` to `visit`, a piece at a time. False: the text cannot be read in pieces
 * and must be read whole. Some entries may have been passed already.
 *
 * Each piece parses as a list of its own, which proves that the cut is between two entries. A cut within a string or
 * deeper inside would leave a quote or bracket without its counterpart. So the pieces together equal the whole, or the
 * result is false.
 */
export const visitPieces = (text: string, visit: (entry: JsonObject) => unknown): boolean => {
  const start = opening.exec(text)?.[0].length
  const end = text.lastIndexOf(']')
  if (start === undefined || start > end || !closing.test(text.slice(end))) return false
  for (let from = start; from < end; ) {
    between.lastIndex = from + PIECE
    const found = between.lastIndex < end ? between.exec(text) : null
    const to = found === null ? end : found.index + 1
    const entries = tryParse(`[${text.slice(from, to)}]`)
    if (!isArray(entries)) return false
    for (const entry of entries) {
      if (!isObject(entry)) return false
      visit(entry)
    }
    from = found === null ? end : between.lastIndex
  }
  return true
}
