import { parseAddress } from './address.ts'
import type { AddressInput, PrefixInput } from './ip-num-input.ts'
import { parseHostOrPrefix } from './parse-prefix.ts'
import { containsAddress } from './prefix.ts'

/**
 * Does the prefix hold the address, each as text or a value of ip-num? False across families. For occasional use: it reads both
 * each time.
 *
 * @throws ParseError when the texts are not a prefix (or an address) and an address
 * @example
 * prefixContains('10.0.0.0/8', '10.1.2.3') // true
 * @public @since 0.1.0
 */
export const prefixContains = (prefix: AddressInput | PrefixInput, address: AddressInput): boolean =>
  containsAddress(parseHostOrPrefix(prefix), parseAddress(address))
