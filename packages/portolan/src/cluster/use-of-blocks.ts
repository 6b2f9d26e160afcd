import { countAddresses, type LeasedSubnet, type LeaseState, leasedSubnets, listLeases } from '@portolan/core'
import { firstUsable } from '@portolan/core/planning'
import {
  formatAddress,
  formatPrefix,
  type HostFacts,
  parseAddress,
  parsePrefix,
  prefixAround,
  prefixesOverlap,
  subtractPrefixes,
} from '@portolan/netfilter'
import { networksUp, networksUpIn } from './networks-up.ts'

/** How much of a block of this host is used. */
export interface BlockUse {
  readonly block: string
  /** The number of leased addresses in the block. */
  readonly leased: number
  /**
   * The number of addresses left for containers without asking etcd for another block. In a subnet, the gateway does
   * not count. Each free part of the block counts as one network.
   */
  readonly remaining: bigint
  /** Networks of this host with a subnet in the block, by lease or because they are up: `shop/web`. */
  readonly networks: readonly string[]
}

/** The records and facts that tell where the networks of this host are. */
export interface BlockWitnesses {
  /** Null: the leases could not be read. */
  readonly leases: LeaseState | null
  /** Networks that are up count too, because leases may be lost. */
  readonly facts: HostFacts
}

/** Tells whether a block without a known network is certainly unused. */
export const areComplete = ({ leases, facts }: BlockWitnesses): boolean =>
  leases !== null && networksUp(facts) !== null

/** The subnets of this host's networks, by lease or because they are up, and the leased addresses, as CIDR. */
export const subnetsInUse = ({ leases, facts }: BlockWitnesses): readonly string[] => [
  ...new Set([
    ...(leases === null ? [] : subnetsLeased(leases)),
    ...(networksUp(facts) ?? []).flatMap(({ prefixes }) => prefixes.map(formatPrefix)),
  ]),
]

const subnetsLeased = (leases: LeaseState): readonly string[] => [
  ...leasedSubnets(leases).map(({ subnet }) => subnet),
  ...listLeases(leases).flatMap((lease) => {
    if (lease.kind !== 'address' || lease.released !== null) return []
    const address = parseAddress(lease.address)
    return [formatPrefix(prefixAround(address, address.family === 'ip' ? 32 : 128))]
  }),
]

export const useOfBlocks = (
  blocks: readonly string[],
  { leases, facts }: BlockWitnesses,
): readonly BlockUse[] =>
  blocks.map((block) => {
    const up = networksUpIn([block], facts)
    if (leases === null) return { block, leased: 0, remaining: 0n, networks: up }
    const subnets = subnetsIn(block, leases)
    const [all] = countAddresses(leases, [{ subnet: block, gateway: null }])
    const parts = countAddresses(leases, [...subnets, ...unusedParts(block, subnets)])
    return {
      block,
      leased: all?.used ?? 0,
      remaining: parts.reduce((sum, { free }) => sum + free, 0n),
      networks: [...new Set([...subnets.map(({ project, network }) => `${project}/${network}`), ...up])],
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
  ).map((part) => ({ subnet: formatPrefix(part), gateway: formatAddress(firstUsable(part)) }))
