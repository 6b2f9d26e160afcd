import { type Family, tryParseAddress, tryParseHostOrPrefix } from '@portolan/netfilter'
import {
  intersectRanges,
  prefixRange,
  type RangeSet,
  rangeSet,
  singleValue,
  subtractRanges,
  valueSet,
} from '@portolan/netfilter/analysis'
import type { DesiredNetwork, DesiredState } from '../../contract/index.ts'

/** A subnet of the project, read. */
export interface Subnet {
  readonly whole: RangeSet
  /** The host's own address in it; null where it has none. */
  readonly gateway: RangeSet | null
  /** The addresses that containers may have. */
  readonly members: RangeSet
  /** Those of endpoints, and those that mappings lead to. */
  readonly known: RangeSet
}

/** The project's subnets of one family, by their network. */
export const subnetsOf = (desired: DesiredState, family: Family): ReadonlyMap<DesiredNetwork, Subnet> => {
  const known = knownAddresses(desired, family)
  const subnets = new Map<DesiredNetwork, Subnet>()
  for (const network of desired.networks) {
    const subnet = network[family]
    const whole = subnetRange(subnet?.subnet)
    if (subnet === null || whole === null) continue
    const usable = usableOf(whole, family)
    const gateway = subnet.gateway === null ? null : singleValue(addressValue(subnet.gateway))
    const members = gateway === null ? usable : subtractRanges(usable, gateway)
    const own = valueSet([...(known.get(network.name) ?? [])].map(addressValue))
    subnets.set(network, { whole, gateway, members, known: intersectRanges(members, own) })
  }
  return subnets
}

/** The addresses that containers of a network have or get, by the network's name. */
const knownAddresses = (
  { endpoints, mappings }: DesiredState,
  family: Family,
): ReadonlyMap<string, ReadonlySet<string>> => {
  const known = new Map<string, Set<string>>()
  const add = (network: string, address: string | null): void => {
    if (address === null) return
    const addresses = known.get(network) ?? new Set()
    known.set(network, addresses.add(address))
  }
  for (const endpoint of endpoints) add(endpoint.network, endpoint[family])
  for (const mapping of mappings)
    if (mapping.family === family) for (const { network, address } of mapping.targets) add(network, address)
  return known
}

/** The range of a prefix as text; null when there is none. */
export const subnetRange = (subnet: string | null | undefined): RangeSet | null => {
  const prefix = subnet === null || subnet === undefined ? null : tryParseHostOrPrefix(subnet)
  return prefix === null ? null : prefixRange(prefix)
}

/** The value of an address as text. */
export const addressValue = (text: string): number | bigint => tryParseAddress(text)?.value ?? 0

/** A subnet without its first and, in IPv4, its last address. */
const usableOf = (whole: RangeSet, family: Family): RangeSet => {
  const [first, last] = [whole.starts[0], whole.ends[0]]
  if (first === undefined || last === undefined || BigInt(last) - BigInt(first) < 3n) return whole
  const ends = [{ first, last: first }, ...(family === 'ip' ? [{ first: last, last }] : [])]
  return subtractRanges(whole, rangeSet(ends))
}
