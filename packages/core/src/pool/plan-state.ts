import { type Family, parseHostOrPrefix, parsePrefix, prefixSet } from '@portolan/netfilter'
import { type BlockIndex, indexReservations } from './block-index.ts'
import type { Blocks, Layer } from './blocks.ts'
import type { Scan } from './first-fit.ts'
import { blockPools, blockReservations, forgottenReservations } from './held-blocks.ts'
import type { HostIndex } from './host-index.ts'
import { defaultPools, type Pool, type PoolEntry, poolsOf } from './pool.ts'
import type { Reservation } from './reservation.ts'
import { space4, space6 } from './space.ts'
import type { SubnetLease, SubnetPlanOptions, SubnetWish } from './subnet-request.ts'
import { noBlocks, type TakenBlocks, takenBlocks } from './taken-blocks.ts'
import { ulaPool } from './ula-pool.ts'

/** How far each range of the pools has been searched, for each length: by its text, and by each entry that has it. */
export type Scans<T extends number | bigint> = Map<PoolEntry | string, Map<number, Scan<T>>>

/**
 * The state of one plan while it is made. Three layers block a candidate: the host as it was read, without the ranges
 * that the user allows; the certain reservations, which no allowed range frees; and the subnets that this plan has
 * given out.
 */
export interface PlanState {
  readonly host: HostIndex
  readonly options: SubnetPlanOptions
  readonly observed: { readonly ip: Layer<number>; readonly ip6: Layer<bigint> }
  /**
   * Ranges reserved by name, leased, or outside this host's blocks. Those of bridges are certain too, and kept with the
   * bridge.
   */
  readonly certain: readonly Reservation[]
  /** The three layers: observed, certain, taken. */
  readonly layers: { readonly ip: readonly Layer<number>[]; readonly ip6: readonly Layer<bigint>[] }
  readonly taken: { readonly ip: TakenBlocks<number>; readonly ip6: TakenBlocks<bigint> }
  readonly scans: { readonly ip: Scans<number>; readonly ip6: Scans<bigint> }
  /** The pools of the plan that have the family. */
  readonly pools: Readonly<Record<Family, readonly Pool[]>>
  /** The pools for a request whose own pools lack the family. */
  readonly defaults: Readonly<Record<Family, readonly Pool[]>>
  /** The leases of the plan's own project, by network. */
  readonly held: ReadonlyMap<string, readonly SubnetLease[]>
}

/**
 * The leases that block subnets. A lease of a requesting network does not block that network, unless the network is to
 * move.
 */
const leaseReservations = (options: SubnetPlanOptions, requests: readonly SubnetWish[]): Reservation[] => {
  if (options.leases === undefined) return []
  const keyOf = (network: string, isIp6: boolean): string => `${network} ${isIp6 ? 'ip6' : 'ip'}`
  const staying = new Set(
    requests
      .filter(({ renumber }) => renumber !== true)
      .map(({ network, family }) => keyOf(network, family === 'ip6')),
  )
  return options.leases
    .filter(
      ({ project, network, subnet }) =>
        project !== options.project || !staying.has(keyOf(network, subnet.includes(':'))),
    )
    .map(({ project, network, subnet }) => ({
      kind: 'lease',
      prefix: parsePrefix(subnet, { place: { source: `<lease of ${network}>`, line: 1, column: 1 } }),
      owner: { project, network },
    }))
}

const heldLeases = ({ leases, project }: SubnetPlanOptions): ReadonlyMap<string, readonly SubnetLease[]> => {
  const held = new Map<string, SubnetLease[]>()
  for (const lease of leases ?? []) {
    if (lease.project !== project) continue
    const others = held.get(lease.network)
    if (others === undefined) held.set(lease.network, [lease])
    else others.push(lease)
  }
  return held
}

/** A layer of certain reservations: a range that the user allows does not free them. */
const whole = <T extends number | bigint>(blocks: Blocks<T>, grows: boolean): Layer<T> => ({
  blocks,
  allowed: { starts: [], ends: [] },
  grows,
})

/** @throws ParseError when a reserved or allowed range, or a lease, cannot be read */
export const startPlan = (
  host: HostIndex,
  requests: readonly SubnetWish[],
  pools: readonly Pool[],
  options: SubnetPlanOptions,
): PlanState => {
  const reserved = (options.reserve ?? []).map((written): Reservation => {
    const { range, from } =
      typeof written === 'object' && 'range' in written ? written : { range: written, from: null }
    const prefix = parseHostOrPrefix(range, { source: from ?? '<reserved range>', line: 1, column: 1 })
    return { kind: 'reserved', prefix, from }
  })
  const allowed = prefixSet(
    (options.allow ?? []).map((text) =>
      parseHostOrPrefix(text, { source: '<allowed range>', line: 1, column: 1 }),
    ),
  )
  const { blocks } = options
  const certain = [
    ...reserved,
    ...(blocks == null ? [] : blockReservations(blocks)),
    ...leaseReservations(options, requests),
  ]
  const onBridges = host.bridges
    .filter(({ name }) => !(options.removedBridges ?? []).includes(name))
    .flatMap(({ reservations }) => reservations)
  const observed = {
    ip: { blocks: host.blocks.ip, allowed: allowed.ip, grows: false },
    ip6: { blocks: host.blocks.ip6, allowed: allowed.ip6, grows: false },
  }
  const of6 = requests.filter(({ family }) => family === 'ip6').length
  const taken: PlanState['taken'] = {
    ip: noBlocks(space4, requests.length - of6),
    ip6: noBlocks(space6, of6),
  }
  const taken4 = takenBlocks(taken.ip, (base, length) => ({ family: 'ip', base, length }))
  const taken6 = takenBlocks(taken.ip6, (base, length) => ({ family: 'ip6', base, length }))
  const usual = { ip: defaultPools, ip6: [ulaPool(host.machineId)] }
  const defaults =
    blocks == null
      ? usual
      : { ip: blockPools(blocks, 'ip') ?? usual.ip, ip6: blockPools(blocks, 'ip6') ?? usual.ip6 }
  const { ip, ip6 }: BlockIndex = indexReservations([
    ...certain,
    ...(blocks == null ? [] : forgottenReservations(blocks)),
    ...onBridges,
  ])
  return {
    host,
    options,
    observed,
    certain,
    layers: {
      ip: [observed.ip, whole(ip, false), whole(taken4, true)],
      ip6: [observed.ip6, whole(ip6, false), whole(taken6, true)],
    },
    taken,
    scans: { ip: new Map(), ip6: new Map() },
    pools: { ip: poolsOf('ip', pools, defaults.ip), ip6: poolsOf('ip6', pools, defaults.ip6) },
    defaults,
    held: heldLeases(options),
  }
}
