import { countAddresses, type LeasedSubnet, type LeaseState, leasedSubnets } from '@portolan/core'
import { formatPrefix, parsePrefix, prefixesOverlap, subtractPrefixes } from '@portolan/netfilter'

/** How far a block of this host is used up. */
export interface BlockUse {
  readonly block: string
  /** Addresses that are leased in it. */
  readonly leased: number
  /**
   * Addresses that remain, for which etcd is not asked: those of its subnets without their gateways, and of the rest as if
   * each free part were one subnet.
   */
  readonly remaining: bigint
  /** Networks of this host with a subnet there: `shop/web`. */
  readonly networks: readonly string[]
}

/** @param leases - null: they could not be read, and nothing is known to be used */
export const useOfBlocks = (blocks: readonly string[], leases: LeaseState | null): readonly BlockUse[] =>
  blocks.map((block) => {
    if (leases === null) return { block, leased: 0, remaining: 0n, networks: [] }
    const subnets = subnetsIn(block, leases)
    const [all] = countAddresses(leases, [{ subnet: block, gateway: null }])
    const parts = countAddresses(leases, [...subnets, ...unusedParts(block, subnets)])
    return {
      block,
      leased: all?.used ?? 0,
      remaining: parts.reduce((sum, { free }) => sum + free, 0n),
      networks: subnets.map(({ project, network }) => `${project}/${network}`),
    }
  })

const subnetsIn = (block: string, leases: LeaseState): readonly LeasedSubnet[] => {
  const prefix = parsePrefix(block)
  return leasedSubnets(leases).filter(({ subnet }) => prefixesOverlap(parsePrefix(subnet), prefix))
}

const unusedParts = (block: string, subnets: readonly LeasedSubnet[]) =>
  subtractPrefixes(
    parsePrefix(block),
    subnets.map(({ subnet }) => parsePrefix(subnet)),
  ).map((part) => ({ subnet: formatPrefix(part), gateway: null }))
