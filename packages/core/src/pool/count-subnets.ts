import { bitsOf, type Prefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import type { Pool, PoolEntry } from './pool.ts'

/**
 * The number of leased and free subnets of a pool.
 * @public @since 0.1.0
 */
export interface SubnetCount {
  readonly used: bigint
  readonly free: bigint
}

/**
 * Counts the subnets of a pool that overlap a leased subnet. A range that the host uses otherwise counts as free.
 *
 * @param leased - CIDR of each leased subnet, from any pool
 * @throws ParseError for a subnet that cannot be read
 * @example
 * countSubnets(parsePool('10.200.0.0/16:24'), ['10.200.7.0/24']) // { used: 1n, free: 255n }
 * @public @since 0.1.0
 */
export const countSubnets = (pool: Pool, leased: readonly string[]): SubnetCount => {
  const prefixes = leased.map((subnet) => parsePrefix(subnet))
  const counts = pool.entries.map((entry) => countEntry(entry, prefixes))
  const sum = (of: 'used' | 'free'): bigint => counts.reduce((total, count) => total + count[of], 0n)
  return { used: sum('used'), free: sum('free') }
}

const countEntry = ({ prefix, size }: PoolEntry, leased: readonly Prefix[]): SubnetCount => {
  const total = 2n ** BigInt(size - prefix.length)
  const within = leased.filter((one) => prefixesOverlap(one, prefix))
  if (within.some((one) => one.length <= prefix.length)) return { used: total, free: 0n }
  /**
   * Numbers of consecutive subnets, by the first of each run. Several leases may share one subnet, and one lease may
   * cover several.
   */
  const runs = new Map<bigint, bigint>()
  for (const one of within) {
    const shift = BigInt(bitsOf(prefix) - size)
    const first = (BigInt(one.base) - BigInt(prefix.base)) >> shift
    const length = one.length >= size ? 1n : 2n ** BigInt(size - one.length)
    runs.set(first, length > (runs.get(first) ?? 0n) ? length : (runs.get(first) ?? 0n))
  }
  // Leased subnets do not overlap. So two runs share a subnet of the pool only if they begin with the same one, and
  // those were merged above.
  const used = [...runs.values()].reduce((sum, length) => sum + length, 0n)
  return { used, free: total - used }
}
