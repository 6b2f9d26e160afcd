import { formatAddress4, readAddress4 } from './address4.ts'

const COLON = 58

/** Scratch space: eight groups, read back as two 64 bit halves, which is far cheaper than eight BigInt shifts. */
export const scratch: DataView = new DataView(new ArrayBuffer(16))

const hexDigit = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** Moves the groups that followed `::` to the end and clears the places they leave. */
const spread = (gap: number, count: number): void => {
  const missing = 8 - count
  for (let at = 7; at >= gap; at -= 1) {
    scratch.setUint16(at * 2, at - missing >= gap ? scratch.getUint16((at - missing) * 2) : 0)
  }
}

/**
 * Reads an IPv6 address at `text[start, end)` into the scratch space (RFC 4291, section 2.2). The last 32 bits may be a
 * dotted quad. False when the text is not an IPv6 address.
 */
export const readGroups6 = (text: string, start: number, end: number): boolean => {
  let at = start
  let count = 0
  let gap = -1
  if (end - start >= 2 && text.charCodeAt(at) === COLON) {
    if (text.charCodeAt(at + 1) !== COLON) return false
    gap = 0
    at += 2
  }
  while (at < end) {
    if (count === 8) return false
    const from = at
    let group = 0
    let digit = -1
    while (at < end) {
      digit = hexDigit(text.charCodeAt(at))
      if (digit < 0) break
      group = group * 16 + digit
      at += 1
    }
    if (at < end && text.charCodeAt(at) === 46) {
      const quad = readAddress4(text, from, end)
      if (quad === null || count > 6) return false
      scratch.setUint32(count * 2, quad)
      count += 2
      at = end
      break
    }
    if (at === from || at - from > 4) return false
    scratch.setUint16(count * 2, group)
    count += 1
    if (at === end) break
    if (text.charCodeAt(at) !== COLON) return false
    at += 1
    if (at < end && text.charCodeAt(at) === COLON) {
      if (gap >= 0) return false
      gap = count
      at += 1
    } else if (at === end) return false
  }
  if (gap >= 0) {
    // `::` stands for at least one group (RFC 4291, section 2.2).
    if (count === 8) return false
    spread(gap, count)
  } else if (count !== 8) return false
  return true
}

/** The address at `text[start, end)`; null when it is not one. */
export const readAddress6 = (text: string, start: number, end: number): bigint | null =>
  readGroups6(text, start, end) ? (scratch.getBigUint64(0) << 64n) | scratch.getBigUint64(8) : null

/**
 * An IPv6 address as an unsigned 128 bit bigint; null when the text is not one. A zone is not part of an
 * address and is refused here (see `dropZone`), as are brackets.
 *
 * @example
 * tryParseAddress6('::ffff:192.0.2.1') // 0xffffc0000201n
 * tryParseAddress6('1::2::3') // null
 * @public @since 0.1.0
 */
export const tryParseAddress6 = (text: string): bigint | null =>
  typeof text === 'string' ? readAddress6(text, 0, text.length) : null

/** The longest run of two or more zero groups, the first of equal ones (RFC 5952, section 4.2). */
const longestZeros = (groups: readonly number[]): { start: number; length: number } => {
  let best = { start: 8, length: 1 }
  let start = 0
  for (let at = 0; at <= 8; at += 1) {
    if (at < 8 && groups[at] === 0) continue
    if (at - start > best.length) best = { start, length: at - start }
    start = at + 1
  }
  return best
}

const hex = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':')

/**
 * The canonical text of an unsigned 128 bit bigint (RFC 5952): lower case, the longest run of zeros shortened,
 * IPv4-mapped addresses with a dotted quad.
 *
 * @example
 * formatAddress6(0x20010db8n << 96n) // '2001:db8::'
 * @public @since 0.1.0
 */
export const formatAddress6 = (value: bigint): string => {
  if (value >> 32n === 0xffffn) return `::ffff:${formatAddress4(Number(value & 0xffffffffn))}`
  scratch.setBigUint64(0, value >> 64n)
  scratch.setBigUint64(8, value)
  const groups: number[] = []
  for (let at = 0; at < 16; at += 2) groups.push(scratch.getUint16(at))
  const zeros = longestZeros(groups)
  if (zeros.start === 8) return hex(groups)
  return `${hex(groups.slice(0, zeros.start))}::${hex(groups.slice(zeros.start + zeros.length))}`
}
