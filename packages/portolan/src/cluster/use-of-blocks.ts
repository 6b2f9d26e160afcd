import { countAddresses, type LeaseState, leasedSubnets } from '@portolan/core'
import { parsePrefix, prefixesOverlap } from '@portolan/netfilter'

/** How far a block of this host is used up. */
export interface BlockUse {
  readonly block: string
  /** Addresses that are leased in it. */
  readonly leased: number
  /** Addresses that remain: etcd is not asked for them. */
  readonly remaining: bigint
  /** Networks of this host with a subnet there: `shop/web`. */
  readonly networks: readonly string[]
}

/** @param leases - null: they could not be read, and nothing is known to be used */
export const useOfBlocks = (blocks: readonly string[], leases: LeaseState | null): readonly BlockUse[] =>
  blocks.map((block) => {
    const [count] = leases === null ? [] : countAddresses(leases, [{ subnet: block, gateway: null }])
    return {
      block,
      leased: count?.used ?? 0,
      remaining: count?.free ?? 0n,
      networks: leases === null ? [] : networksIn(block, leases),
    }
  })

const networksIn = (block: string, leases: LeaseState): readonly string[] => {
  const prefix = parsePrefix(block)
  return leasedSubnets(leases)
    .filter(({ subnet }) => prefixesOverlap(parsePrefix(subnet), prefix))
    .map(({ project, network }) => `${project}/${network}`)
}
