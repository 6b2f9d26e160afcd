const bytesOf = (character: string): readonly number[] => {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x80) return [code]
  const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f)
  if (code < 0x800) return [0xc0 | (code >> 6), tail(0)]
  if (code < 0x10000) return [0xe0 | (code >> 12), tail(6), tail(0)]
  return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)]
}

const utf8 = (text: string): readonly number[] => Array.from(text, bytesOf).flat()

/** The bytes of a `--hex-string`: text, with runs of hex between `|`. Null: a run is not hex. */
const readHex = (text: string): readonly number[] | null => {
  const bytes: number[] = []
  let inside = false
  let at = 0
  while (at < text.length) {
    const character = text.charAt(at)
    if (character === '|') {
      inside = !inside
      at += 1
    } else if (!inside) {
      const literal =
        character === '\\' ? text.charAt(at + 1) : String.fromCodePoint(text.codePointAt(at) ?? 0)
      if (literal === '') return null
      bytes.push(...utf8(literal))
      at += character === '\\' ? 2 : literal.length
    } else if (character === ' ') {
      at += 1
    } else {
      const pair = text.slice(at, at + 2)
      if (!/^[0-9a-f]{2}$/i.test(pair)) return null
      bytes.push(Number.parseInt(pair, 16))
      at += 2
    }
  }
  return inside ? null : bytes
}

/**
 * The bytes that `-m string` searches for; null above 128 bytes (XT_STRING_MAX_PATTERN_SIZE) and for an empty pattern.
 */
export const readPattern = (form: 'string' | 'hex-string', text: string): readonly number[] | null => {
  const bytes = form === 'string' ? utf8(text) : readHex(text)
  return bytes === null || bytes.length === 0 || bytes.length > 128 ? null : bytes
}

/** Prints a pattern as libxt_string does: in hex where a byte is not printable or the last byte is a backslash. */
export const printPattern = (
  bytes: readonly number[],
): { readonly form: 'string' | 'hex-string'; readonly text: string } => {
  const printable = bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
  if (printable && bytes.at(-1) !== 0x5c) {
    return { form: 'string', text: String.fromCharCode(...bytes) }
  }
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return { form: 'hex-string', text: `|${hex}|` }
}
