import {
  type Address,
  containsAddress,
  type Family,
  formatAddress,
  formatPrefix,
  tryParseAddress,
} from '@portolan/netfilter'
import { firstUsable } from '../../pool/usable-addresses.ts'
import { type FixedSubnet, reservedBecause } from './ipam.ts'
import type { ReadNetwork } from './networks.ts'
import type { Value } from './reading.ts'
import { refuse } from './tree.ts'

/**
 * Reads a static address. It must lie inside a subnet that the file fixes, and must not be a network, broadcast or
 * gateway address.
 */
export const readStaticAddress = (
  value: Value | null,
  family: Family,
  network: ReadNetwork,
  what: string,
): string | null => {
  if (value === null) return null
  const address = tryParseAddress(value.text)
  if (address?.family !== family)
    return refuse(value.place, `${what}: expected an ${nameOf(family)} address, found "${value.text}"`)
  if (network.intent.external) return formatAddress(address)
  const { name } = network.intent
  const intent = network.intent[family]
  if (intent === null)
    return refuse(
      value.place,
      `${what}: networks.${name} has no ${nameOf(family)}: expected \`enable_ipv${family === 'ip' ? 4 : 6}: true\` there`,
    )
  const fixed = network.subnets.find((subnet) => subnet.family === family)
  if (fixed === undefined)
    return refuse(
      value.place,
      `${what}: networks.${name} gets its subnet from a pool: a static address needs \`ipam.config\` with a \`subnet\` there`,
    )
  const { prefix } = fixed
  if (!containsAddress(prefix, address))
    refuse(
      value.place,
      `${what}: ${value.text} lies outside ${formatPrefix(prefix)}, the subnet of networks.${name}`,
    )
  const reserved =
    reservedBecause(address, prefix) ?? (isGateway(address, fixed, network) ? 'the gateway' : null)
  if (reserved !== null)
    refuse(
      value.place,
      `${what}: ${formatAddress(address)} is ${reserved} of networks.${name}: expected another address`,
    )
  return formatAddress(address)
}

const nameOf = (family: Family): string => (family === 'ip' ? 'IPv4' : 'IPv6')

/**
 * Is the address the network's gateway? Without a `gateway`, a fixed subnet's gateway is its first usable address. An
 * isolated network has no gateway.
 */
const isGateway = (address: Address, { prefix, gateway }: FixedSubnet, network: ReadNetwork): boolean =>
  network.intent[address.family]?.mode !== 'isolated' &&
  address.value === (gateway ?? firstUsable(prefix)).value
