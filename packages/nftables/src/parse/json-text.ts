import { ParseError } from '@portolan/core'
import type { JsonValue } from '../model/index.ts'
import { deepest, offsetTooDeep } from './nesting.ts'

const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y
const string = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const space = /[ \t\r\n]*/y

/**
 * The offset of what is wrong with a text that is known not to be JSON (RFC 8259). `JSON.parse` says it in
 * words that differ from one engine to the next, and often without a position.
 */
const offsetOfFault = (source: string): number => {
  let at = 0
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.test(source)
    if (found) at = pattern.lastIndex
    return found
  }
  const taken = (character: string): boolean => {
    skip(space)
    if (source[at] !== character) return false
    at += 1
    return true
  }
  /** What each open bracket waits for: `]` or `}`. */
  const open: string[] = []
  const member = (): boolean => {
    skip(space)
    return skip(string) && taken(':')
  }
  for (;;) {
    skip(space)
    if (taken('[')) {
      open.push(']')
      skip(space)
      if (source[at] !== ']') continue
    } else if (taken('{')) {
      open.push('}')
      skip(space)
      if (source[at] !== '}') {
        if (!member()) return at
        continue
      }
    } else if (!skip(string) && !skip(literal)) return at
    for (;;) {
      const closing = open.at(-1)
      if (closing === undefined) {
        skip(space)
        return at
      }
      if (taken(closing)) open.pop()
      else if (!taken(',')) return at
      else if (closing === '}' && !member()) return at
      else break
    }
  }
}

/** An error that says where in the text. */
export const faultAt = (
  text: string,
  source: string,
  offset: number,
  message: string,
  cause?: unknown,
): ParseError => {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  const line = text.slice(0, offset).split('\n').length
  const column = offset - start + 1
  const whole = text.slice(start, end < 0 ? undefined : end)
  const snippet = whole.slice(Math.max(0, column - 40), column + 40)
  return new ParseError(message, { source, line, column }, snippet, cause === undefined ? {} : { cause })
}

/**
 * @throws ParseError with the line and column of the first fault
 */
export const readJson = (text: string, source: string): JsonValue => {
  const deep = offsetTooDeep(text)
  if (deep !== null)
    throw faultAt(text, source, deep, `This is not the JSON of nft: it is nested more than ${deepest} deep.`)
  try {
    return JSON.parse(text)
  } catch (cause) {
    const offset = Math.min(offsetOfFault(text), text.length)
    const found =
      offset >= text.length ? 'the text ends too soon' : `unexpected ${JSON.stringify(text[offset])}`
    const message = `This is not the JSON of nft: ${found}. Make the file with "nft -j list ruleset".`
    throw faultAt(text, source, offset, message, cause)
  }
}
