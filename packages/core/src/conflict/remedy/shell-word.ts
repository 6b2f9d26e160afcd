/** One word of sh, whatever is in it. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/** A command line of sh. */
export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(' ')
