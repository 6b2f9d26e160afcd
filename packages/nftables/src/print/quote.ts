import { InvalidRequestError } from '@portolan/netfilter'

/**
 * A string between quotes. nft's scanner (src/scanner.l, `quotedstring`) ends it at the next `"`, whatever
 * stands before, so a text with one cannot be written at all.
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

/** A value: a number, an address, a keyword or a name, quoted when it could be read as anything else. */
export const bare = (text: string): string =>
  /^[A-Za-z0-9:][A-Za-z0-9/_.:-]*$/.test(text) ? text : quote(text)
