import { canonicalAddress, tryParseAddress } from '@portolan/netfilter'

/** The address in a value of an engine's file, with or without a prefix length. Empty: the value holds no address. */
export const addressOf = (value: unknown): readonly string[] => {
  const text = typeof value === 'string' ? (value.split('/')[0] ?? '') : ''
  return tryParseAddress(text) === null ? [] : [canonicalAddress(text)]
}
