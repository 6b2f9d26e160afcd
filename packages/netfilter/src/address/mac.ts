import { parseAddress } from './address.ts'

/** 02:42 is the locally administered prefix Docker made familiar; the rest is the address. */
const macOf = (word: number): string =>
  `02:42:${byteText[word >>> 24]}:${byteText[(word >>> 16) & 255]}:${byteText[(word >>> 8) & 255]}:${byteText[word & 255]}`

const byteText: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)

/**
 * The MAC of an endpoint, derived from its address. The same address has the same MAC after a restart, so no
 * neighbour's ARP or ND entry goes stale. An IPv4 address gives its four bytes. An IPv6 address (an endpoint without
 * IPv4) gives its four 32 bit words xor-folded into one. So addresses of one subnet that differ only in the low 32 bits
 * never share a MAC.
 *
 * @param text - an address of either family
 * @throws ParseError when it is not an address
 * @example
 * macFromAddress('172.17.0.1') // '02:42:ac:11:00:01'
 * macFromAddress('fd00::2') // '02:42:fd:00:00:02'
 * @public @since 0.1.0
 */
export const macFromAddress = (text: string): string => {
  const address = parseAddress(text)
  if (address.family === 'ip') return macOf(address.value)
  const { value } = address
  return macOf(Number((value ^ (value >> 32n) ^ (value >> 64n) ^ (value >> 96n)) & 0xffffffffn))
}
