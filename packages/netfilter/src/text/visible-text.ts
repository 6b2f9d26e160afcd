import { checkText } from '../error/check-text.ts'
import { unseenInLine, unseenInText } from '../error/unseen.ts'

/**
 * Replaces each character of a text that does not show, except newlines and tabs.
 * @example
 * replaceUnseen('a\u001bb', () => '?') // 'a?b'
 * @public @since 0.1.0
 */
export const replaceUnseen = (text: string, write: (character: string) => string): string => {
  checkText(text, 'text')
  return unseenInText(text, write)
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
  return unseenInLine(text)
}

/**
 * `visibleLine` for a text of several lines: newlines and tabs stay.
 *
 * @example
 * visibleText('one\ntwo\u0007') // 'one\ntwo\\x07'
 * @public @since 0.1.0
 */
export const visibleText = (text: string): string => {
  checkText(text, 'text')
  return unseenInText(text)
}

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
