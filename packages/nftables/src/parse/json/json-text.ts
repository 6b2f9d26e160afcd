import { parseErrorAt, parseJson } from '@portolan/netfilter'
import { findJsonExcess } from '@portolan/netfilter/text'
import type { JsonValue } from '../../model/index.ts'

/**
 * Checks the depth of brackets before the text is parsed.
 * @throws ParseError with the line and column of the bracket that opens too deep, or is one too many
 */
export const checkNesting = (text: string, source: string): void => {
  const excess = findJsonExcess(text)
  if (excess !== null)
    throw parseErrorAt(text, source, excess.offset, `This is not the JSON of nft: ${excess.why}.`)
}

/**
 * Parses JSON.
 * @throws ParseError with the line and column of the first fault
 */
export const readJson = (text: string, source: string): JsonValue => {
  const inWords = (found: string): string =>
    `This is not the JSON of nft: ${found}. Make the file with "nft -j list ruleset".`
  return parseJson(text, source, inWords) as JsonValue
}
