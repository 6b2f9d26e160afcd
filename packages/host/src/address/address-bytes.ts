import { isIPv4, isIPv6 } from 'node:net'
import { type Family, InvalidRequestError } from '@portolan/netfilter'
import { AF_INET, AF_INET6 } from '../netlink/constants.ts'

/** An address as netlink messages hold it: 4 or 16 bytes in network order. */
export interface AddressBytes {
  readonly family: Family
  readonly bytes: Uint8Array
}

export const addressFamily = (family: Family): number => (family === 'ip' ? AF_INET : AF_INET6)

/** @throws InvalidRequestError when the text is not an address; a zone (`%eth0`) is refused */
export const parseAddress = (text: string): AddressBytes => {
  if (isIPv4(text)) return { family: 'ip', bytes: Uint8Array.from(text.split('.'), Number) }
  if (isIPv6(text) && !text.includes('%')) return { family: 'ip6', bytes: ip6Bytes(text) }
  throw new InvalidRequestError(`"${text}" is not an IP address.`)
}

/** Parses an address with its prefix length, and keeps the host bits: `192.0.2.2/24`. */
export const parseAddressPrefix = (text: string): AddressBytes & { readonly length: number } => {
  const slash = text.lastIndexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  const digits = slash < 0 ? String(address.bytes.length * 8) : text.slice(slash + 1)
  const length = /^\d{1,3}$/.test(digits) ? Number(digits) : Number.NaN
  if (length <= address.bytes.length * 8) return { ...address, length }
  throw new InvalidRequestError(`"${text}" has no prefix length from 0 to ${address.bytes.length * 8}.`)
}

const ip6Bytes = (text: string): Uint8Array => {
  const [head = '', tail] = text.split('::')
  const front = groups(head)
  const back = tail === undefined ? [] : groups(tail)
  const words = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back]
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]))
}

/** The sixteen-bit groups of one side of `::`. A trailing dotted quad is two of them (RFC 4291, section 2.2). */
const groups = (text: string): readonly number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => {
        if (!group.includes('.')) return [Number.parseInt(group, 16)]
        const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
        return [(a << 8) | b, (c << 8) | d]
      })
