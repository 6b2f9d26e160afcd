import {
  type AddressInput,
  canonicalAddress,
  firstAddress,
  formatAddress,
  lastAddress,
  type PrefixInput,
  parsePrefix,
} from '@portolan/netfilter'
import { checkArgument, checkOptions, isAddressLike, nullOr, objectValue } from '@portolan/netfilter/schema'
import { firstUsable, lastUsable } from './usable-addresses.ts'

const greater = <T extends number | bigint>(a: T, b: T): T => (a > b ? a : b)
const lesser = <T extends number | bigint>(a: T, b: T): T => (a < b ? a : b)

const takenValue = objectValue('a set of addresses', { has: 'function' })
const addressValue = nullOr({ expected: 'an address or a prefix', holds: isAddressLike })
const optionKinds = { gateway: addressValue, ipRange: addressValue }

/**
 * Finds the lowest free address of a subnet for an endpoint. It is never the network, broadcast, subnet-router anycast
 * or gateway address. Null: no address is free.
 *
 * @param subnet - CIDR
 * @param taken - canonical addresses
 * @param options - `gateway`: null where the network has none; `ipRange`: CIDR, only addresses inside it are used
 * @throws ParseError when subnet, gateway or ipRange cannot be read
 * @example
 * firstFreeAddress('172.17.0.0/16', new Set(), { gateway: '172.17.42.1' }) // '172.17.0.1'
 * firstFreeAddress('172.17.0.0/16', new Set(['172.17.0.2']), { gateway: '172.17.0.1' }) // '172.17.0.3'
 * @public @since 0.1.0
 */
export const firstFreeAddress = (
  subnet: PrefixInput,
  taken: ReadonlySet<string>,
  options: { readonly gateway?: AddressInput | null; readonly ipRange?: PrefixInput | null } = {},
): string | null => {
  checkArgument(taken, takenValue, 'the argument taken')
  checkOptions<typeof options>(options, optionKinds, 'the options of firstFreeAddress')
  const within = parsePrefix(subnet)
  const range = parsePrefix(options.ipRange ?? subnet)
  if (range.family !== within.family) return null
  const gateway = options.gateway == null ? null : canonicalAddress(options.gateway)
  const isFree = (text: string): boolean => text !== gateway && !taken.has(text)

  // Bigints serve both families. This runs once for each endpoint, and formatting an address costs more.
  const start = greater(BigInt(firstUsable(within).value), BigInt(firstAddress(range).value))
  const end = lesser(BigInt(lastUsable(within).value), BigInt(lastAddress(range).value))
  for (let value = start; value <= end; value += 1n) {
    const text =
      within.family === 'ip'
        ? formatAddress({ family: 'ip', value: Number(value) })
        : formatAddress({ family: 'ip6', value })
    if (isFree(text)) return text
  }
  return null
}
