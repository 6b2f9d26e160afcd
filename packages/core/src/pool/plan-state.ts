import { parseHostOrPrefix, parsePrefix, prefixSet } from '../address/index.ts'
import { carveAllowed } from './allow.ts'
import { type BlockIndexes, indexBlocks } from './block-index.ts'
import type { Scan } from './first-fit.ts'
import type { HostIndex } from './host-index.ts'
import type { Pool, PoolEntry } from './pool.ts'
import type { Reservation } from './reservation.ts'
import type { SubnetPlanOptions, SubnetRequest } from './subnet-request.ts'
import type { TakenBlocks } from './taken-blocks.ts'
import { ulaPool } from './ula-pool.ts'

/** How far each pool entry has been searched, by the length searched for. */
type Scans<T extends number | bigint> = Map<PoolEntry, Map<number, Scan<T>>>

/**
 * What is known while one plan is made. Three layers block a candidate: the host as it was read, less what the
 * user allowed; what is certain whatever the host says; and what this plan has given out itself.
 */
export interface PlanState {
  readonly host: HostIndex
  readonly options: SubnetPlanOptions
  readonly observed: BlockIndexes
  /** Reserved by name, leased, or on bridges set apart. */
  readonly certain: readonly Reservation[]
  readonly certainBlocks: BlockIndexes
  readonly taken: { readonly ip: TakenBlocks<number>; readonly ip6: TakenBlocks<bigint> }
  readonly scans: { readonly ip: Scans<number>; readonly ip6: Scans<bigint> }
  readonly pools: readonly Pool[]
  readonly ula: Pool
}

const isFor = (requests: readonly SubnetRequest[], network: string): boolean =>
  requests.some((request) => request.network === network)

const leaseReservations = (options: SubnetPlanOptions, requests: readonly SubnetRequest[]): Reservation[] =>
  (options.leases ?? [])
    .filter(({ project, network }) => project !== options.project || !isFor(requests, network))
    .map(({ project, network, subnet }) => ({
      kind: 'lease',
      prefix: parsePrefix(subnet, { place: { source: `<lease of ${network}>`, line: 1, column: 1 } }),
      owner: { project, network },
    }))

/** @throws ParseError when a reserved or allowed range, or a lease, cannot be read */
export const startPlan = (
  host: HostIndex,
  requests: readonly SubnetRequest[],
  pools: readonly Pool[],
  options: SubnetPlanOptions,
): PlanState => {
  const reserved = (options.reserve ?? []).map(
    (text): Reservation => ({
      kind: 'reserved',
      prefix: parseHostOrPrefix(text, { source: '<reserved range>', line: 1, column: 1 }),
    }),
  )
  const allowed = prefixSet(
    (options.allow ?? []).map((text) =>
      parseHostOrPrefix(text, { source: '<allowed range>', line: 1, column: 1 }),
    ),
  )
  const certain = [
    ...reserved,
    ...leaseReservations(options, requests),
    ...host.bridges.flatMap(({ reservations }) => reservations),
  ]
  return {
    host,
    options,
    observed: carveAllowed(host.blocks, allowed),
    certain,
    certainBlocks: indexBlocks(certain),
    taken: { ip: { starts: [], ends: [], owners: [] }, ip6: { starts: [], ends: [], owners: [] } },
    scans: { ip: new Map(), ip6: new Map() },
    pools,
    ula: ulaPool(host.machineId),
  }
}
