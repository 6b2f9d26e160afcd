import { type Family, tryParseAddress4, tryParseAddress6 } from '@portolan/netfilter'
import { readMasked } from '../grammar/value/address.ts'

/**
 * Says what is wrong with a text, as a clause. Null: the text is right, or may be right on the host that it comes from.
 */
export type Fault = (text: string, family: Family) => string | null

/**
 * The fault of an address of the other family. A text has rules of one family; the other family has a program of its
 * own.
 */
const otherFamily = (text: string, family: Family): string =>
  family === 'ip'
    ? `${text} is an IPv6 address, and this text is read as rules of IPv4 (iptables): give it as the text of ip6tables-save`
    : `${text} is an IPv4 address, and this text is read as rules of IPv6 (ip6tables): give it as the text of iptables-save`

const isOfOther = (address: string, family: Family): boolean =>
  (family === 'ip' ? tryParseAddress6(address) : tryParseAddress4(address)) !== null

/** Is this text no host name? No resolver looks up a name of digits and dots, or a name with a colon. */
const isNoName = (address: string): boolean => /^[\d.]+$/.test(address) || address.includes(':')

/** Checks an address without a length. A name is accepted: the resolver of its host may know it. */
export const addressFault: Fault = (text, family) => {
  if (isOfOther(text, family)) return otherFamily(text, family)
  return readMasked(text, family) === null && isNoName(text)
    ? `"${text}" is not an address of ${family === 'ip' ? 'IPv4' : 'IPv6'}`
    : null
}

/** Checks the value of `-s` and `-d`: an address with or without a length, or a list of them. */
export const prefixFault: Fault = (text, family) => {
  for (const part of text.split(',')) {
    const [address = '', length] = part.split('/')
    const fault = addressFault(address, family)
    if (fault !== null) return fault
    if (length === undefined || readMasked(address, family) === null) continue
    if (readMasked(part, family) === null) {
      const most = family === 'ip' ? 32 : 128
      return `"/${part.slice(address.length + 1)}" is not the length of a prefix: expected a number from 0 to ${most}, or a mask`
    }
  }
  return null
}

/**
 * Checks only the family of an address. Some options read a wrong length as a mask (libxtables, XTTYPE_HOSTMASK), and
 * some take two addresses.
 */
export const familyFault: Fault = (text, family) => {
  for (const one of text.split('-')) {
    const [address = ''] = one.split('/')
    if (isOfOther(address, family)) return otherFamily(address, family)
  }
  return null
}
