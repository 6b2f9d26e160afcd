import stringWidth from 'string-width'

/**
 * The number of terminal cells that a text takes. A wide character of East Asia takes two, a combining character none
 * (UAX #11). Colour codes take none.
 * @internal
 */
export const displayWidth = (text: string): number =>
  // Nearly every printed text is plain ASCII, and a large plan has many lines. The quick way saves time there.
  /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text)

/**
 * A text with blanks behind it, up to a width in cells.
 * @internal
 */
export const padded = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(width - displayWidth(text), 0))}`
