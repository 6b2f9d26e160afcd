import { checkText } from '../error/check-text.ts'

/**
 * The length of a well-formed text in bytes of UTF-8. The kernel counts bytes.
 * @example
 * byteLength('é') // 2
 * @public @since 0.1.0
 */
export const byteLength = (text: string): number => {
  checkText(text, 'text')
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}
