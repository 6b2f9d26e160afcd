import { checkText } from '../error/check-text.ts'

/**
 * Characters that act on a terminal, do not show, or reverse the writing direction: C0, DEL and C1; format characters,
 * with the bidirectional ones; line separators; characters that fonts ignore by default; lone surrogates.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
const unseenInLines = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/**
 * Replaces each character of a text that does not show, except newlines and tabs.
 * @example
 * replaceUnseen('a\u001bb', () => '?') // 'a?b'
 * @public @since 0.1.0
 */
export const replaceUnseen = (text: string, write: (character: string) => string): string => {
  checkText(text, 'text')
  // Most texts are plain ASCII. This test spares large ones the slow search by Unicode properties.
  return /[^\n\t\x20-\x7e]/.test(text) ? text.replace(unseenInLines, write) : text
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const written = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const digits = code.toString(16)
  return short[character] ?? (code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`)
}

/**
 * One line of text for people, with each invisible character written out (`\x1b`, `\u{202e}`, `
 * `). Other programs and users choose the names of processes, interfaces and chains. Printed unchanged, a name could
 * move the cursor, forge lines, or hide.
 *
 * A backslash stays one backslash, so that commands can be copied: a program that needs the exact name takes it from JSON.
 *
 * @example
 * visibleLine('web\u001b[2J') // 'web\\x1b[2J'
 * @public @since 0.1.0
 */
export const visibleLine = (text: string): string => {
  checkText(text, 'text')
  return /[^\x20-\x7e]/.test(text) ? text.replace(unseen, written) : text
}

/**
 * `visibleLine` for a text of several lines: newlines and tabs stay.
 *
 * @example
 * visibleText('one\ntwo\u0007') // 'one\ntwo\\x07'
 * @public @since 0.1.0
 */
export const visibleText = (text: string): string => replaceUnseen(text, written)

/**
 * A copy of the data with every string passed through `visibleLine`, so that a text made from it misses no field.
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
