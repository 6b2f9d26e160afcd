import type { SourcePosition } from '@portolan/netfilter'
import {
  type Address,
  bitsOf,
  containsAddress,
  containsPrefix,
  type Family,
  firstAddress,
  formatAddress,
  formatPrefix,
  lastAddress,
  type Prefix,
  tryParseAddress,
  tryParseInterfaceAddress,
  tryParsePrefix,
} from '@portolan/netfilter'
import { unusableRange } from '../../pool/unusable-range.ts'
import { type Reading, readText, readValue, type Value } from './reading.ts'
import { asList, asMap, get, getGiven, type MapTree, onlyKeys, refuse, type Tree } from './tree.ts'
import { noteUnknownKeys } from './unknown-keys.ts'

/** The settings of one family of a network, as the file fixes them. */
export interface FixedSubnet {
  readonly family: Family
  readonly prefix: Prefix
  readonly gateway: Address | null
  readonly ipRange: Prefix | null
  readonly place: SourcePosition
}

/** Reads `ipam`: at most one subnet of each family, with its gateway and range inside the subnet. */
export const readIpam = (reading: Reading, network: MapTree | null, what: string): readonly FixedSubnet[] => {
  const path = `${what}.ipam`
  const ipam = asMap(getGiven(network, 'ipam', what), path)
  noteUnknownKeys(reading, ipam, 'ipam', path)
  const driver = readText(reading, get(ipam, 'driver'), `${path}.driver`)
  if (driver !== null && driver.text !== 'default')
    refuse(
      driver.place,
      `${path}.driver: "${driver.text}" is not known here: expected \`default\`, or no driver`,
    )
  const subnets: FixedSubnet[] = []
  asList(getGiven(ipam, 'config', path), `${path}.config`).forEach((item, index) => {
    const subnet = readSubnet(reading, item, `${path}.config[${index}]`)
    if (subnet === null) return
    if (subnets.some(({ family }) => family === subnet.family))
      refuse(
        subnet.place,
        `${path}.config[${index}]: a second ${subnet.family === 'ip' ? 'IPv4' : 'IPv6'} subnet: expected one of each family`,
      )
    subnets.push(subnet)
  })
  return subnets
}

const readSubnet = (reading: Reading, item: Tree, what: string): FixedSubnet | null => {
  const config = asMap(item, what) ?? refuse(item.place, `${what}: expected a mapping, found nothing`)
  onlyKeys(config, ['subnet', 'gateway', 'ip_range', 'aux_addresses'], what)
  const auxiliary = get(config, 'aux_addresses')
  if (auxiliary !== null)
    reading.note(`${what}.aux_addresses has no effect here: keep them out with \`ip_range\``, auxiliary.place)
  const written = get(config, 'subnet')
  const [orphan] = ['gateway', 'ip_range'].flatMap((key) => get(config, key) ?? [])
  if (written === null) {
    return orphan === undefined
      ? null
      : refuse(orphan.place, `${what}: a gateway or range needs its \`subnet\` beside it`)
  }
  const value = readValue(reading, written, `${what}.subnet`, 'a subnet such as 172.28.0.0/16')
  const prefix = readPrefix(reading, value, `${what}.subnet`)
  const taken = unusableRange(prefix)
  if (taken !== null)
    refuse(value.place, `${what}.subnet: ${formatPrefix(prefix)} overlaps ${taken}, which no network can use`)
  return {
    family: prefix.family,
    prefix,
    gateway: readGateway(reading, get(config, 'gateway'), prefix, `${what}.gateway`),
    ipRange: readRange(reading, get(config, 'ip_range'), prefix, `${what}.ip_range`),
    place: value.place,
  }
}

/** Docker refuses host bits. Portolan clears them and adds a note. */
const readPrefix = (reading: Reading, value: Value, what: string): Prefix => {
  const prefix = tryParsePrefix(value.text)
  if (prefix === null)
    return refuse(
      value.place,
      `${what}: expected a prefix such as 172.28.0.0/16 or fd00:28::/64, found "${value.text}"`,
    )
  const written = tryParseInterfaceAddress(value.text)
  if (written !== null && written.address.value !== prefix.base)
    reading.note(
      `${what}: ${value.text} is taken as ${formatPrefix(prefix)}, its host bits cleared`,
      value.place,
    )
  return prefix
}

/**
 * Why no host can have an address of a subnet (RFC 1122, section 3.2.1.3; RFC 4291, section 2.6.1); null: a host can.
 */
export const reservedBecause = (address: Address, prefix: Prefix): string | null => {
  if (bitsOf(prefix) - prefix.length < 2) return null
  if (address.value === firstAddress(prefix).value)
    return prefix.family === 'ip' ? 'the network address' : 'the subnet-router anycast address'
  return prefix.family === 'ip' && address.value === lastAddress(prefix).value
    ? 'the broadcast address'
    : null
}

const readGateway = (reading: Reading, tree: Tree | null, prefix: Prefix, what: string): Address | null => {
  const value = readText(reading, tree, what)
  if (value === null) return null
  const address = tryParseAddress(value.text)
  if (address === null) return refuse(value.place, `${what}: expected an address, found "${value.text}"`)
  if (!containsAddress(prefix, address))
    refuse(value.place, `${what}: ${value.text} lies outside the subnet ${formatPrefix(prefix)}`)
  const reserved = reservedBecause(address, prefix)
  if (reserved !== null)
    refuse(value.place, `${what}: ${formatAddress(address)} is ${reserved} of ${formatPrefix(prefix)}`)
  return address
}

const readRange = (reading: Reading, tree: Tree | null, prefix: Prefix, what: string): Prefix | null => {
  const value = readText(reading, tree, what)
  if (value === null) return null
  const range = readPrefix(reading, value, what)
  return containsPrefix(prefix, range)
    ? range
    : refuse(value.place, `${what}: ${formatPrefix(range)} lies outside the subnet ${formatPrefix(prefix)}`)
}
