import { type Family, tryParseAddress4, tryParseAddress6 } from '@portolan/netfilter'
import { readMasked } from '../grammar/value/address.ts'

/** What is wrong with a text, as a clause; null: it is right, or it may be right on the host that it comes from. */
export type Fault = (text: string, family: Family) => string | null

/** A text of rules is of one family; the other program prints, and reads, the other one. */
const otherFamily = (text: string, family: Family): string =>
  family === 'ip'
    ? `${text} is an IPv6 address, and this text is read as rules of IPv4 (iptables): give it as the text of ip6tables-save`
    : `${text} is an IPv4 address, and this text is read as rules of IPv6 (ip6tables): give it as the text of iptables-save`

const isOfOther = (address: string, family: Family): boolean =>
  (family === 'ip' ? tryParseAddress6(address) : tryParseAddress4(address)) !== null

/** Digits and dots, or a colon: no resolver looks up such a name. */
const isNoName = (address: string): boolean => /^[\d.]+$/.test(address) || address.includes(':')

/** An address without a length. A name may be known to the resolver of its host. */
export const addressFault: Fault = (text, family) => {
  if (isOfOther(text, family)) return otherFamily(text, family)
  return readMasked(text, family) === null && isNoName(text)
    ? `"${text}" is not an address of ${family === 'ip' ? 'IPv4' : 'IPv6'}`
    : null
}

/** Of `-s` and `-d`: an address, a length and lists of both. */
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

/** Where a wrong length is read as a mask (libxtables, XTTYPE_HOSTMASK), or two addresses are given, only the family is sure. */
export const familyFault: Fault = (text, family) => {
  for (const one of text.split('-')) {
    const [address = ''] = one.split('/')
    if (isOfOther(address, family)) return otherFamily(address, family)
  }
  return null
}
