import type { HostFacts } from '@portolan/netfilter'
import { containsPrefix, formatPrefix, type Prefix } from '@portolan/netfilter'
import { checkSubnetPlan } from './check-subnet-plan.ts'
import { findOverlaps, type SettledNetworks } from './find-overlaps.ts'
import { type HostIndex, indexHost, isHostIndex } from './host-index.ts'
import { checkRange, gatewayOf } from './inside-subnet.ts'
import { pickSubnet, poolsFor } from './pick-subnet.ts'
import { type PlanState, startPlan } from './plan-state.ts'
import { type Pool, writtenGateway } from './pool.ts'
import type { Reservation } from './reservation.ts'
import { type SettledSubnet, settledSubnet } from './settled-subnet.ts'
import {
  type SubnetPlan,
  type SubnetPlanOptions,
  type SubnetRequest,
  type SubnetWish,
  wishOf,
} from './subnet-request.ts'
import { takeSubnet } from './taken-blocks.ts'

const settle = (
  state: PlanState,
  request: SubnetWish,
  { origin, subnet, gateway }: SettledSubnet,
  wanted: SettledNetworks,
  before: readonly Reservation[],
): SubnetPlan => {
  const pool = poolsFor(state, request).find(({ entries }) =>
    entries.some(({ prefix, size }) => size <= subnet.length && containsPrefix(prefix, subnet)),
  )
  const written = pool?.entries
    .map((entry) => writtenGateway(entry, subnet))
    .find((address) => address !== null)
  checkRange(request, subnet)
  return {
    network: request.network,
    family: request.family,
    subnet: formatPrefix(subnet),
    gateway: gatewayOf(request, subnet, origin === 'held' ? (gateway ?? written ?? null) : null),
    pool: origin === 'held' ? (pool?.name ?? null) : null,
    origin,
    rejected: [],
    overlaps: findOverlaps(state, request, subnet, wanted, before),
  }
}

const settledNetworks = (
  requests: readonly SubnetWish[],
  settled: readonly (SettledSubnet | null)[],
): SettledNetworks => {
  const networks = new Map<string, Prefix[]>()
  for (const [at, { network }] of requests.entries()) {
    const subnets = networks.get(network) ?? []
    const own = settled[at] ?? null
    if (own !== null) subnets.push(own.subnet)
    networks.set(network, subnets)
  }
  return networks
}

const bridgesNamed = (requests: readonly SubnetWish[]): readonly string[] => {
  const bridges: string[] = []
  for (const { bridge } of requests) if (bridge != null) bridges.push(bridge)
  return bridges
}

/**
 * Gives every request a subnet: the one that it asks for or already holds, or else the first free one of the pools. A
 * picked subnet collides with nothing on the host. Collisions of a fixed or held one are reported with it. Fixed and
 * held subnets anywhere in the list are taken before anything is picked. The same facts, requests and pools give the
 * same answer.
 *
 * @param facts - the host, or `indexHost` of it when planning more than once
 * @param pools - in the order of preference. A family without a pool here is picked in the blocks of `options`, or else
 * in `classic` and `docker`, or as a /64 of the host's own RFC 4193 /48
 * @returns one entry for each request, in their order
 * @throws PoolExhaustedError when no pool has a free subnet; InvalidRequestError for an impossible size, gateway or
 * range; ParseError for a text that cannot be read
 * @example
 * const [web] = planSubnets({}, [{ network: 'web', family: 'ip' }])
 * web?.subnet // '172.17.0.0/16'
 * web?.gateway // '172.17.42.1'
 * @public @since 0.1.0
 */
export const planSubnets = (
  facts: HostFacts | HostIndex,
  wanted: readonly SubnetRequest[],
  pools: readonly Pool[] = [],
  options: SubnetPlanOptions = {},
): readonly SubnetPlan[] => {
  checkSubnetPlan(facts, wanted, pools, options)
  const requests = wanted.map(wishOf)
  const host = isHostIndex(facts) ? facts : indexHost(facts, bridgesNamed(requests))
  const state = startPlan(host, requests, pools, options)
  const settled = requests.map((request) => settledSubnet(state, request))
  const isAnySettled = settled.some((own) => own !== null)
  // Only settled subnets are looked up here. If every request is to be picked, this map would be built for nothing.
  const names = isAnySettled ? settledNetworks(requests, settled) : new Map<string, readonly Prefix[]>()
  const before: Reservation[] = []
  const plans = requests.map((request, at): SubnetPlan | null => {
    const own = settled[at] ?? null
    if (own === null) return null
    const plan = settle(state, request, own, names, before)
    const reservation: Reservation = { kind: 'own', prefix: own.subnet, network: request.network }
    before.push(reservation)
    takeSubnet(state.taken, own.subnet, request.network)
    return plan
  })
  const unpickedFrom = (at: number): readonly SubnetWish[] =>
    requests.filter((_, place) => place >= at && plans[place] === null)
  return requests.map((request, at) => plans[at] ?? pickSubnet(state, request, () => unpickedFrom(at)))
}
