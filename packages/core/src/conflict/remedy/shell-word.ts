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
