/**
 * One word of sh, whatever is in it.
 * @example
 * shellWord('two words') // "'two words'"
 * @public @since 0.1.0
 */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/**
 * A command line of sh.
 * @example
 * shellLine(['ip', 'link', 'show', 'dev', 'a b']) // "ip link show dev 'a b'"
 * @public @since 0.1.0
 */
export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(' ')

/**
 * Whether a text comes through a terminal and a clipboard unchanged. A control character acts on the terminal, a tab
 * completes, and a character without width, or one that turns the direction of writing around, does not show. U+FFFD
 * stands for bytes that were not UTF-8 and are not known.
 */
const isPasteable = (text: string): boolean =>
  !/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufffd]|(?! )\p{Zs}/u.test(text)

/** A command line of sh; null where a word of it would not be the same once it is copied. */
export const shellCommand = (words: readonly string[]): string | null =>
  words.every(isPasteable) ? words.map(shellWord).join(' ') : null

/** A word that is not an option, whatever it begins with. */
export const afterOptions = (word: string): readonly string[] =>
  word.startsWith('-') ? ['--', word] : [word]

/** Commands that belong together. Half of a remedy may be worse than none: where one cannot be written, none is. */
export const allOrNone = (commands: readonly (string | null)[]): readonly string[] => {
  const written = commands.filter((command) => command !== null)
  return written.length === commands.length ? written : []
}

/** In place of a command. */
export const noCommand =
  'Portolan prints no command for it: a name in it has characters that a shell or the tool would read as something else.'
