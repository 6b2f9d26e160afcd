import { checkText, checkTexts } from '../error/check-text.ts'

/**
 * Quotes a text as one word of sh, whatever characters it has.
 * @example
 * shellWord('two words') // "'two words'"
 * @public @since 0.1.0
 */
export const shellWord = (text: string): string => {
  checkText(text, 'text')
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * A command line of sh, each word quoted where it needs quotes.
 * @example
 * shellLine(['ip', 'link', 'show', 'dev', 'a b']) // "ip link show dev 'a b'"
 * @public @since 0.1.0
 */
export const shellLine = (words: readonly string[]): string => {
  checkTexts(words, 'words')
  return words.map(shellWord).join(' ')
}

/**
 * Whether a text passes a terminal and a clipboard unchanged. A control character acts on the terminal, and a tab
 * completes a word. A character without width, or one that reverses the writing direction, does not show. U+FFFD stands
 * for unknown bytes that were not UTF-8.
 */
const isPasteable = (text: string): boolean =>
  !/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufffd]|(?! )\p{Zs}/u.test(text)

/** A command line of sh; null where copying it would change a word. */
export const shellCommand = (words: readonly string[]): string | null =>
  words.every(isPasteable) ? words.map(shellWord).join(' ') : null

/** Arguments that pass the word as a plain argument: a word with a leading `-` would be read as an option. */
export const afterOptions = (word: string): readonly string[] =>
  word.startsWith('-') ? ['--', word] : [word]

/**
 * The commands of one remedy: all, or none where one of them could not be written. Half a remedy may be worse than
 * none.
 */
export const allOrNone = (commands: readonly (string | null)[]): readonly string[] => {
  const written = commands.filter((command) => command !== null)
  return written.length === commands.length ? written : []
}

/** The sentence that stands in place of a command. */
export const noCommand =
  'Portolan prints no command for it: a name in it has characters that a shell or the tool would read as something else.'
