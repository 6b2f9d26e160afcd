/**
 * Characters that act on a terminal, do not show, or turn the direction of writing around: C0, DEL and C1; those of
 * format, bidirectional ones among them; separators of lines; what Unicode has a font ignore; halves of surrogates.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
const unseenInLines = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/**
 * A text of several lines with each character that does not show, but newlines and tabs, written in another way.
 * @example
 * replaceUnseen('a\u001bb', () => '?') // 'a?b'
 * @public @since 0.1.0
 */
export const replaceUnseen = (text: string, write: (character: string) => string): string =>
  // Most texts are plain ASCII, and large ones need not be gone through by properties of Unicode.
  /[^\n\t\x20-\x7e]/.test(text) ? text.replace(unseenInLines, write) : text

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const written = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const digits = code.toString(16)
  return short[character] ?? (code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`)
}

/**
 * One line of text for people, with what would not show written out (`\x1b`, `\u{202e}`, `\n`). Names of processes,
 * interfaces and chains are set by others: printed as they are they could move the cursor, forge lines, or hide.
 *
 * A backslash stays one backslash, so that commands can be copied: a program that needs the exact name takes it from JSON.
 *
 * @example
 * visibleLine('web\u001b[2J') // 'web\\x1b[2J'
 * @public @since 0.1.0
 */
export const visibleLine = (text: string): string =>
  /[^\x20-\x7e]/.test(text) ? text.replace(unseen, written) : text

/**
 * The same for a text of several lines: newlines and tabs stay.
 *
 * @example
 * visibleText('one\ntwo\u0007') // 'one\ntwo\\x07'
 * @public @since 0.1.0
 */
export const visibleText = (text: string): string => replaceUnseen(text, written)

/**
 * Data with every string in it as `visibleLine` writes it, so that no field is forgotten when a text is made of it.
 * @example
 * visibleData({ name: 'a\nb' }) // { name: 'a\\nb' }
 * @public @since 0.1.0
 */
export const visibleData = <Data>(data: Data): Data => visible(data) as Data

const visible = (value: unknown): unknown => {
  if (typeof value === 'string') return visibleLine(value)
  if (Array.isArray(value)) return value.map(visible)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, visible(one)]))
}
