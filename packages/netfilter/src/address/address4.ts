const DOT = 46
const ZERO = 48

/**
 * Reads the dotted quad at `text[start, end)`. Only the strict form: four decimal octets, and no leading zero,
 * since `010.0.0.1` is 8.0.0.1 to inet_aton(3) and 10.0.0.1 to others (RFC 6943, section 3.1.1).
 */
export const readAddress4 = (text: string, start: number, end: number): number | null => {
  let value = 0
  let octet = -1
  let octets = 0
  for (let at = start; at <= end; at += 1) {
    const code = at === end ? DOT : text.charCodeAt(at)
    if (code === DOT) {
      if (octet < 0) return null
      value = value * 256 + octet
      octets += 1
      octet = -1
      continue
    }
    const digit = code - ZERO
    if (digit < 0 || digit > 9 || octet === 0) return null
    octet = octet < 0 ? digit : octet * 10 + digit
    if (octet > 255) return null
  }
  return octets === 4 ? value : null
}

/**
 * An IPv4 address as an unsigned 32 bit number; null when the text is not one.
 *
 * @example
 * tryParseAddress4('10.0.0.1') // 0x0a000001
 * tryParseAddress4('010.0.0.1') // null: leading zeros are octal to some and decimal to others
 * @public @since 0.1.0
 */
export const tryParseAddress4 = (text: string): number | null =>
  typeof text === 'string' ? readAddress4(text, 0, text.length) : null

export const octets: readonly string[] = Array.from({ length: 256 }, (_, octet) => String(octet))
const dotted: readonly string[] = octets.map((octet) => `${octet}.`)

/** Cache: the last two heads that were written (`10.0.` and `10.0.0.`), and the upper 16 and 24 bits they stand for. */
let [half, head] = ['', '']
let [upper16, upper24] = [-1, -1]

/**
 * The first three octets, each with its dot. The last head is cached: consecutive addresses often share it, such as a
 * subnet and its gateway.
 */
export const headOf = (value: number): string => {
  const upper = value >>> 8
  if (upper === upper24) return head
  if (upper >>> 8 !== upper16) {
    upper16 = upper >>> 8
    half = `${dotted[upper16 >>> 8]}${dotted[upper16 & 255]}`
  }
  upper24 = upper
  head = `${half}${dotted[upper & 255]}`
  return head
}

/**
 * The dotted quad of an unsigned 32 bit number.
 *
 * @example
 * formatAddress4(0x0a000001) // '10.0.0.1'
 * @public @since 0.1.0
 */
export const formatAddress4 = (value: number): string =>
  // Tables are faster: a plan of a whole /8 in /24s formats a hundred thousand addresses.
  `${headOf(value)}${octets[value & 255]}`
