import { checkText } from './check-text.ts'
import { offsetOfFault } from './json-fault.ts'
import { findJsonExcess } from './json-nesting.ts'
import { parseErrorAt } from './parse-error-at.ts'

/**
 * Parses JSON, and reports the place of the first fault. Skips a byte order mark, which some editors write.
 *
 * @param source - what to call the text: a file name
 * @param inWords - the message, given what is wrong: `unexpected "}"`, `the text ends too soon`, `it is nested more
 * than 200 deep`
 * @throws ParseError with the line and column of the first fault, or of the first bracket that is nested too deep
 * @example
 * parseJson('{"a": }', 'a.json', (found) => `expected JSON: ${found}`) // a.json:1:7: expected JSON: unexpected "}"
 * @public @since 0.1.0
 */
export const parseJson = (text: string, source: string, inWords: (found: string) => string): unknown => {
  checkText(text, 'text', 'a text of JSON')
  checkText(source, 'source')
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text
  const excess = findJsonExcess(json)
  if (excess !== null) throw parseErrorAt(json, source, excess.offset, inWords(excess.why))
  try {
    return JSON.parse(json)
  } catch (cause) {
    const offset = Math.min(offsetOfFault(json), json.length)
    const found =
      offset >= json.length ? 'the text ends too soon' : `unexpected ${JSON.stringify(json[offset])}`
    throw parseErrorAt(json, source, offset, inWords(found), cause)
  }
}
