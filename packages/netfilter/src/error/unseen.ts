/**
 * Characters that act on a terminal, do not show, or reverse the writing direction: C0, DEL and C1; format characters,
 * with the bidirectional ones; line separators; characters that fonts ignore by default; lone surrogates.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
const unseenInLines = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const written = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const digits = code.toString(16)
  return short[character] ?? (code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`)
}

/** Replaces each character of a text that does not show, newlines and tabs too. */
export const unseenInLine = (text: string): string =>
  // Most texts are plain ASCII. This test spares large ones the slow search by Unicode properties.
  /[^\x20-\x7e]/.test(text) ? text.replace(unseen, written) : text

/** Replaces each character of a text that does not show, except newlines and tabs. */
export const unseenInText = (text: string, write: (character: string) => string = written): string =>
  /[^\n\t\x20-\x7e]/.test(text) ? text.replace(unseenInLines, write) : text
