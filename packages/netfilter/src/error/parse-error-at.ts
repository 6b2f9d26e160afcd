import { checkText } from './check-text.ts'
import { ParseError } from './errors.ts'

/**
 * An error about one character of a text, with its line, its column and the text around it.
 *
 * @param source - what to call the text: a file name
 * @param offset - of the character, from 0; the text's length for its end
 * @example
 * parseErrorAt('a\nb?', 'file', 3, 'what is this?').message // 'file:2:2: what is this?'
 * @public @since 0.1.0
 */
export const parseErrorAt = (
  text: string,
  source: string,
  offset: number,
  message: string,
  cause?: unknown,
): ParseError => {
  checkText(text, 'text')
  checkText(source, 'source')
  checkText(message, 'message')
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  const line = text.slice(0, offset).split('\n').length
  const column = offset - start + 1
  const whole = text.slice(start, end < 0 ? undefined : end)
  const snippet = whole.slice(Math.max(0, column - 40), column + 40)
  return new ParseError(message, { source, line, column }, snippet, cause === undefined ? {} : { cause })
}
