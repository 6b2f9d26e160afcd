import { InvalidRequestError } from '@portolan/netfilter'

/**
 * Puts a string in quotes. nft's scanner (src/scanner.l, `quotedstring`) ends a string at the next `"` and knows no
 * escape, so a text with a quote cannot be written.
 * @throws InvalidRequestError when nft's text form cannot hold the string
 */
export const quote = (text: string): string => {
  if (/["\p{Cc}]/u.test(text))
    throw new InvalidRequestError(
      `${JSON.stringify(text)} holds a quote or a control character, which nft's text form cannot write: use the format nft-json.`,
    )
  return `"${text}"`
}

/** An identifier: a letter, then letters, digits and `/ - _ .`; others need quotes (src/scanner.l, `string`). */
export const identifier = (text: string): string =>
  /^[A-Za-z][A-Za-z0-9/_.-]*$/.test(text) ? text : quote(text)

/** A value: a number, an address, a keyword or a name. A value that nft could read in another way is quoted. */
export const bare = (text: string): string =>
  /^[A-Za-z0-9:][A-Za-z0-9/_.:-]*$/.test(text) ? text : quote(text)
