/**
 * A word of sh between quotes, whatever is in it.
 * @example
 * quoted("it's") // "'it'\\''s'"
 * @public @since 0.1.0
 */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/**
 * A command of sh that is given a text: a here-document whose quoted delimiter stands nowhere in the text, so that the
 * shell expands nothing in it.
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
