import { isArray, isObject, type JsonObject, type JsonValue } from '../../model/index.ts'

/**
 * How much is read at a time. The whole list at once makes ten times its own length of objects, all of them alive
 * until the last is read, and moving them about costs the garbage collector more than reading them costs us.
 */
const PIECE = 2 ** 16

const opening = /^\s*\{\s*"nftables"\s*:\s*\[/
const closing = /^\]\s*\}\s*$/
/** Where one entry ends and a rule or chain begins: no statement has a key of that name. */
const between = /\}\s*,\s*(?=\{\s*"(?:rule|chain)"\s*:)/g

const tryParse = (text: string): JsonValue => {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return null
  }
}

/**
 * Shows the entries of `{"nftables": [...]}` to `visit`, some at a time; false when that does not work out, perhaps
 * after some have been shown, and the text has to be read whole.
 *
 * That each piece is a list of JSON for itself proves that it was cut between two entries: cut anywhere else, in a
 * string or deeper down, it would lack a quote or a bracket. So the pieces are what the whole is, or there are none.
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
