import { parseAddress } from './address.ts'
import type { AddressInput, PrefixInput } from './ip-num-input.ts'
import { parseHostOrPrefix } from './parse-prefix.ts'
import { containsAddress } from './prefix.ts'

/**
 * Whether the prefix contains the address. Each is a text or a value of ip-num; different families give false. For
 * occasional use: each call parses both.
 *
 * @throws ParseError when the texts are not a prefix (or an address) and an address
 * @example
 * prefixContains('10.0.0.0/8', '10.1.2.3') // true
 * @public @since 0.1.0
 */
export const prefixContains = (prefix: AddressInput | PrefixInput, address: AddressInput): boolean =>
  containsAddress(parseHostOrPrefix(prefix), parseAddress(address))
