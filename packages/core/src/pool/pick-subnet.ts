import { bitsOf, formatPrefix, InvalidRequestError, type Prefix } from '@portolan/netfilter'
import { searchBesideFormer } from './beside-former.ts'
import type { Layer } from './blocks.ts'
import { blocksExhausted } from './blocks-exhausted.ts'
import { firstFit, passFound, type Scan, scan4, scan6 } from './first-fit.ts'
import { blockPools, isUnchecked } from './held-blocks.ts'
import { checkRange, gatewayOf } from './inside-subnet.ts'
import type { PlanState, Scans } from './plan-state.ts'
import { type Pool, type PoolEntry, poolsOf, writtenGateway } from './pool.ts'
import { PoolExhaustedError } from './pool-exhausted-error.ts'
import type { Rejection } from './rejection.ts'
import { listRejections } from './rejection-log.ts'
import { wantedSize } from './settled-subnet.ts'
import type { SubnetPlan, SubnetWish } from './subnet-request.ts'
import { type TakenBlocks, take, takeSubnet } from './taken-blocks.ts'

/** One empty list for all picked subnets: there may be 65,536 of them. */
const none: readonly never[] = []

/**
 * The pools of a request: its own, or else those of the plan. If none of them has the family, the default pools of the
 * family.
 */
export const poolsFor = (state: PlanState, request: SubnetWish): readonly Pool[] =>
  request.pools == null
    ? state.pools[request.family]
    : poolsOf(request.family, request.pools, state.defaults[request.family])

/**
 * The scans of a range, by length. Requests that each name one pool have entries of their own for it. These share their
 * scans: with a scan for each, the answer to n requests would repeat up to n rejections for each of them.
 */
const scansOf = <T extends number | bigint>(scans: Scans<T>, entry: PoolEntry): Map<number, Scan<T>> => {
  const known = scans.get(entry)
  if (known !== undefined) return known
  const range = formatPrefix(entry.prefix)
  const lengths = scans.get(range) ?? new Map<number, Scan<T>>()
  scans.set(entry, lengths).set(range, lengths)
  return lengths
}

const remember = <T extends number | bigint>(lengths: Map<number, Scan<T>>, scan: Scan<T>): Scan<T> => {
  lengths.set(scan.length, scan)
  return scan
}

const searchScan = <T extends number | bigint>(
  scan: Scan<T>,
  layers: readonly Layer<T>[],
  taken: TakenBlocks<T>,
  network: string,
): { readonly subnet: Prefix | null; readonly rejected: readonly Rejection[] } => {
  const base = firstFit(scan, layers)
  const rejected = listRejections(scan.log)
  if (base === null) return { subnet: null, rejected }
  const subnet = scan.toPrefix(base)
  take(taken, base, scan.length, network)
  passFound(scan, subnet, network)
  return { subnet, rejected }
}

const searchEntry = (
  { scans, layers, taken }: PlanState,
  { network }: SubnetWish,
  entry: PoolEntry,
  length: number,
): { readonly subnet: Prefix | null; readonly rejected: readonly Rejection[] } => {
  const { prefix } = entry
  if (prefix.family === 'ip') {
    const of = scansOf(scans.ip, entry)
    const scan = of.get(length) ?? remember(of, scan4(prefix, length))
    return searchScan(scan, layers.ip, taken.ip, network)
  }
  const of = scansOf(scans.ip6, entry)
  const scan = of.get(length) ?? remember(of, scan6(prefix, length))
  return searchScan(scan, layers.ip6, taken.ip6, network)
}

/**
 * @param pools - null: the caller itself reports a size that is too large
 * @throws InvalidRequestError when no entry can hold a subnet of this size
 */
const checkSize = (request: SubnetWish, size: number | null, pools: readonly Pool[] | null): void => {
  if (size === null) return
  const bits = bitsOf({ family: request.family })
  if (!Number.isInteger(size) || size < 1 || size > bits) {
    throw new InvalidRequestError(
      `A subnet of size /${size} was asked for network ${request.network}: it must be /1 to /${bits}.`,
    )
  }
  if (pools === null) return
  const entries = pools
    .flatMap((pool) => pool.entries)
    .filter(({ prefix }) => prefix.family === request.family)
  const largest = Math.min(...entries.map(({ prefix }) => prefix.length))
  if (size < largest) {
    throw new InvalidRequestError(
      `A subnet of size /${size} was asked for network ${request.network}, which is larger than anything in ${pools.map(({ name }) => name).join(', ')}: the largest there is /${largest}. Ask for a smaller subnet, or name a pool that is as large.`,
    )
  }
}

/**
 * Picks and takes a subnet: first fit in the order of the pools and of their entries, lowest subnet first.
 *
 * @param unpicked - this request, and all others that have no subnet yet
 * @throws PoolExhaustedError when nothing is free; InvalidRequestError when the size fits no pool, or the gateway or
 * range does not fit the subnet
 */
export const pickSubnet = (
  state: PlanState,
  request: SubnetWish,
  unpicked: () => readonly SubnetWish[],
): SubnetPlan => {
  const pools = poolsFor(state, request)
  const size = wantedSize(request)
  const held = state.options.blocks ?? null
  const blocks = pools === state.defaults[request.family] ? held : null
  const isOfBlocks = blocks !== null && blockPools(blocks, request.family) !== null
  checkSize(request, size, isOfBlocks ? null : pools)
  // Any pool, named or default, may hold addresses of other hosts, and it is not known which.
  if (held !== null && isUnchecked(held)) throw blocksExhausted(held, request, unpicked(), none)
  const fits = ({ prefix }: PoolEntry): boolean =>
    prefix.family === request.family && (size === null || size >= prefix.length)
  const picked = (pool: Pool, entry: PoolEntry, subnet: Prefix, passed: readonly Rejection[]): SubnetPlan => {
    checkRange(request, subnet)
    const written = size === null ? writtenGateway(entry, subnet) : null
    return {
      network: request.network,
      family: request.family,
      subnet: formatPrefix(subnet),
      gateway: gatewayOf(request, subnet, written),
      pool: pool.name,
      origin: 'picked',
      rejected: passed,
      overlaps: none,
    }
  }
  let rejected: readonly Rejection[] = []
  for (const pool of pools) {
    for (const entry of pool.entries) {
      if (!fits(entry)) continue
      const { subnet, rejected: passed } = searchEntry(state, request, entry, size ?? entry.size)
      rejected = rejected.length === 0 ? passed : rejected.concat(passed)
      if (subnet !== null) return picked(pool, entry, subnet, rejected)
    }
  }
  if (request.renumber === true) {
    const search = searchBesideFormer(state, request)
    for (const pool of pools) {
      for (const entry of pool.entries) {
        const subnet = fits(entry) ? search(entry, size ?? entry.size) : null
        if (subnet === null) continue
        takeSubnet(state.taken, subnet, request.network)
        return picked(pool, entry, subnet, none)
      }
    }
  }
  if (isOfBlocks) throw blocksExhausted(blocks, request, unpicked(), rejected)
  throw new PoolExhaustedError(
    request.network,
    pools.map(({ name }) => name),
    rejected,
    request.place ?? null,
    state.options.wording,
  )
}
