export {
  type Address,
  type Address4,
  type Address6,
  canonicalAddress,
  dropZone,
  familyOf,
  formatAddress,
  parseAddress,
  tryParseAddress,
  unmapAddress,
} from './address.ts'
export { formatAddress4, tryParseAddress4 } from './address4.ts'
export { formatAddress6, tryParseAddress6 } from './address6.ts'
export * from './arithmetic.ts'
export * from './family.ts'
export { type AddressInput, inputText, type PrefixInput } from './ip-num-input.ts'
export * from './mac.ts'
export {
  canonicalHostOrPrefix,
  canonicalPrefix,
  parseHostOrPrefix,
  parseInterfaceAddress,
  parsePrefix,
  tryParseHostOrPrefix,
  tryParseInterfaceAddress,
  tryParsePrefix,
} from './parse-prefix.ts'
export {
  bitsOf,
  containsAddress,
  containsPrefix,
  firstAddress,
  formatInterfaceAddress,
  formatPrefix,
  type InterfaceAddress,
  lastAddress,
  type Prefix,
  type Prefix4,
  type Prefix6,
  prefixAround,
  prefixesOverlap,
  samePrefix,
} from './prefix.ts'
export * from './prefix-contains.ts'
export { hasAddress, overlapsSet, type PrefixSet, prefixSet, type Ranges } from './prefix-set.ts'
export { rangePrefixes } from './range-prefixes.ts'
export { subtractPrefixes } from './subtract-prefixes.ts'
