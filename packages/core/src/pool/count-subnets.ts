import { bitsOf, type Prefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import type { Pool, PoolEntry } from './pool.ts'

/**
 * How many subnets of a pool are leased, and how many are not.
 * @public @since 0.1.0
 */
export interface SubnetCount {
  readonly used: bigint
  readonly free: bigint
}

/**
 * Counts the subnets of a pool that overlap one that is leased. What else the host has in that range counts as free.
 *
 * @param leased - CIDR of each leased subnet, of pools whatever
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
  /** Runs of subnets, by the first of each: leases may share one, and one may cover several. */
  const runs = new Map<bigint, bigint>()
  for (const one of within) {
    const shift = BigInt(bitsOf(prefix) - size)
    const first = (BigInt(one.base) - BigInt(prefix.base)) >> shift
    const length = one.length >= size ? 1n : 2n ** BigInt(size - one.length)
    runs.set(first, length > (runs.get(first) ?? 0n) ? length : (runs.get(first) ?? 0n))
  }
  // Leased subnets do not overlap, so runs share no subnet of the pool but where they begin with the same.
  const used = [...runs.values()].reduce((sum, length) => sum + length, 0n)
  return { used, free: total - used }
}
