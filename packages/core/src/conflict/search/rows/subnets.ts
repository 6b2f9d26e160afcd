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
import { type DesiredNetwork, type DesiredState, ownAddresses } from '../../../contract/index.ts'

/** A subnet of the project, parsed. */
export interface Subnet {
  readonly whole: RangeSet
  /** The host's own address in the subnet; null: it has none. */
  readonly gateway: RangeSet | null
  /**
   * The addresses that the network's containers may have. On an external network, only those of the project's
   * containers.
   */
  readonly members: RangeSet
  /** The addresses that any sender on the bridge may have. On an external network, senders of others are there too. */
  readonly senders: RangeSet
  /** The addresses of endpoints and of mappings' targets. */
  readonly known: RangeSet
}

/** The project's subnets of one family, by their network. */
export const subnetsOf = (desired: DesiredState, family: Family): ReadonlyMap<DesiredNetwork, Subnet> => {
  const subnets = new Map<DesiredNetwork, Subnet>()
  for (const network of desired.networks) {
    const subnet = network[family]
    const whole = subnetRange(subnet?.subnet)
    if (subnet === null || whole === null) continue
    const usable = usableOf(whole, family)
    const gateway = subnet.gateway === null ? null : singleValue(addressValue(subnet.gateway))
    const senders = gateway === null ? usable : subtractRanges(usable, gateway)
    const own = valueSet([...ownAddresses(desired, network, family)].map(addressValue))
    const known = intersectRanges(senders, own)
    const members = network.external ? known : senders
    subnets.set(network, { whole, gateway, members, senders, known })
  }
  return subnets
}

/** The range of a prefix given as text; null: there is no prefix. */
export const subnetRange = (subnet: string | null | undefined): RangeSet | null => {
  const prefix = subnet === null || subnet === undefined ? null : tryParseHostOrPrefix(subnet)
  return prefix === null ? null : prefixRange(prefix)
}

/** The value of an address given as text. */
export const addressValue = (text: string): number | bigint => tryParseAddress(text)?.value ?? 0

/** A subnet without its first address and, in IPv4, its last. */
const usableOf = (whole: RangeSet, family: Family): RangeSet => {
  const [first, last] = [whole.starts[0], whole.ends[0]]
  if (first === undefined || last === undefined || BigInt(last) - BigInt(first) < 3n) return whole
  const ends = [{ first, last: first }, ...(family === 'ip' ? [{ first: last, last }] : [])]
  return subtractRanges(whole, rangeSet(ends))
}
