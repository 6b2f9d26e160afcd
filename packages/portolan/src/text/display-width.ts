import stringWidth from 'string-width'

/**
 * How many cells of a terminal a text takes: a wide character of East Asia takes two, a combining one none
 * (UAX #11). Colours take none.
 * @internal
 */
export const displayWidth = (text: string): number =>
  // Nearly all that is printed is plain, and large plans have many lines.
  /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text)

/**
 * A text with blanks behind it, up to a width in cells.
 * @internal
 */
export const padded = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(width - displayWidth(text), 0))}`
