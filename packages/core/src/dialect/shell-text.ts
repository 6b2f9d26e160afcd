/**
 * Quotes a word for sh, whatever characters it holds.
 * @example
 * quoted("it's") // "'it'\\''s'"
 * @public @since 0.1.0
 */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/**
 * A here-document that feeds a text to a command of sh. Its delimiter is quoted, so the shell expands nothing in the
 * text. The delimiter is no line of the text.
 * @example
 * hereDocument('nft -f -', 'flush ruleset\n') // ["nft -f - <<'PORTOLAN_RULES'", 'flush ruleset', 'PORTOLAN_RULES']
 * @public @since 0.1.0
 */
export const hereDocument = (command: string, text: string): readonly string[] => {
  const lines = text.replace(/\n$/, '').split('\n')
  let delimiter = 'PORTOLAN_RULES'
  while (lines.includes(delimiter)) delimiter += '_'
  return [`${command} <<'${delimiter}'`, ...lines, delimiter]
}
