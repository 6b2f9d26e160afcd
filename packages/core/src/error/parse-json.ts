import { offsetOfFault } from './json-fault.ts'
import { parseErrorAt } from './parse-error-at.ts'

/**
 * Reads JSON, and says where it is none.
 *
 * @param source - what to call the text: a file name
 * @param inWords - the message, given what is wrong: `unexpected "}"`, `the text ends too soon`
 * @throws ParseError with the line and column of the first fault
 * @example
 * parseJson('{"a": }', 'a.json', (found) => `expected JSON: ${found}`) // a.json:1:7: expected JSON: unexpected "}"
 * @public @since 0.1.0
 */
export const parseJson = (text: string, source: string, inWords: (found: string) => string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const offset = Math.min(offsetOfFault(text), text.length)
    const found =
      offset >= text.length ? 'the text ends too soon' : `unexpected ${JSON.stringify(text[offset])}`
    throw parseErrorAt(text, source, offset, inWords(found), cause)
  }
}
