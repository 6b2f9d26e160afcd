/** C0, DEL and C1 without newline and tab; and what turns the direction of writing around. */
const unseen = /(?![\n\t])[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/**
 * A text with what a terminal would obey written out (`\\x1b`): names of interfaces, aliases and processes are
 * somebody else's, and must not move the cursor of who reads about them.
 * @internal
 */
export const visibleText = (text: string): string =>
  text.replace(unseen, (character) => {
    const code = character.charCodeAt(0).toString(16)
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`
  })
