import {
  type Address,
  containsPrefix,
  formatAddress,
  formatPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '../address/index.ts'
import { InvalidRequestError } from '../error/index.ts'
import type { HostFacts } from '../facts/index.ts'
import { findOverlaps } from './find-overlaps.ts'
import { type HostIndex, indexHost } from './host-index.ts'
import { pickSubnet, poolsFor } from './pick-subnet.ts'
import { type PlanState, startPlan } from './plan-state.ts'
import { classicPool, type Pool, writtenGateway } from './pool.ts'
import type { Reservation } from './reservation.ts'
import { type SettledSubnet, settledSubnet } from './settled-subnet.ts'
import { space4, space6 } from './space.ts'
import type { SubnetPlan, SubnetPlanOptions, SubnetRequest } from './subnet-request.ts'
import { take } from './taken-blocks.ts'
import { firstUsable, isUsable } from './usable-addresses.ts'

/** Shared by all that were picked: there may be 65,536 of them. */
const none: readonly never[] = []

const takeSubnet = ({ taken }: PlanState, prefix: Prefix, network: string): void => {
  const { length } = prefix
  if (prefix.family === 'ip') take(taken.ip, prefix.base, space4.lastOf(prefix.base, length), length, network)
  else take(taken.ip6, prefix.base, space6.lastOf(prefix.base, length), length, network)
}

/** The gateway the request names, or else the one the subnet comes with, or else its first address. */
const gatewayOf = (request: SubnetRequest, subnet: Prefix, written: Address | null): Address => {
  if (request.gateway == null) return written ?? firstUsable(subnet)
  const place = { source: `<gateway of network ${request.network}>`, line: 1, column: 1 }
  const gateway = parseAddress(request.gateway, place)
  if (isUsable(subnet, gateway)) return gateway
  throw new InvalidRequestError(
    `The gateway ${request.gateway} of network ${request.network} is not an address a host can have in its subnet ${formatPrefix(subnet)}: give the network a subnet that holds it, or another gateway.`,
  )
}

const checkRange = (request: SubnetRequest, subnet: Prefix): void => {
  if (request.ipRange == null) return
  const place = { source: `<ip_range of network ${request.network}>`, line: 1, column: 1 }
  if (containsPrefix(subnet, parsePrefix(request.ipRange, { place }))) return
  throw new InvalidRequestError(
    `The ip_range ${request.ipRange} of network ${request.network} is not inside its subnet ${formatPrefix(subnet)}.`,
  )
}

const settle = (
  state: PlanState,
  request: SubnetRequest,
  { origin, subnet, gateway }: SettledSubnet,
  wanted: ReadonlySet<string>,
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
    gateway: formatAddress(
      gatewayOf(request, subnet, origin === 'held' ? (gateway ?? written ?? null) : null),
    ),
    pool: origin === 'held' ? (pool?.name ?? null) : null,
    origin,
    rejected: [],
    overlaps: findOverlaps(state, request, subnet, wanted, before),
  }
}

const pick = (state: PlanState, request: SubnetRequest): SubnetPlan => {
  const { subnet, gateway, pool, rejected } = pickSubnet(state, request)
  checkRange(request, subnet)
  return {
    network: request.network,
    family: request.family,
    subnet: formatPrefix(subnet),
    gateway: formatAddress(gatewayOf(request, subnet, gateway)),
    pool,
    origin: 'picked',
    rejected,
    overlaps: none,
  }
}

/**
 * Gives every request a subnet that collides with nothing on the host: the one it asks for or holds already, or
 * else the first free one of the pools. What is fixed or held anywhere in the list is spoken for before anything
 * is picked. The same facts, requests and pools give the same answer.
 *
 * @param facts - the host, or `indexHost` of it when planning more than once
 * @param pools - in the order of preference; an IPv6 request without an IPv6 pool gets a /64 of the host's own
 *   RFC 4193 /48
 * @returns one entry for each request, in their order
 * @throws PoolExhaustedError when no pool has a free subnet; InvalidRequestError for a size, gateway or range that
 *   cannot be; ParseError for a text that cannot be read
 * @example
 * planSubnets({}, [{ network: 'web', family: 'ip' }]) // 172.17.0.0/16, gateway 172.17.42.1
 * @public @since 0.1.0
 */
export const planSubnets = (
  facts: HostFacts | HostIndex,
  requests: readonly SubnetRequest[],
  pools: readonly Pool[] = [classicPool],
  options: SubnetPlanOptions = {},
): readonly SubnetPlan[] => {
  const bridges = requests.flatMap(({ bridge }) => (bridge == null ? [] : [bridge]))
  const host = 'kind' in facts ? facts : indexHost(facts, bridges)
  const state = startPlan(host, requests, pools, options)
  const wanted = new Set(requests.map(({ network }) => network))
  const settled = requests.map((request) => settledSubnet(state, request))
  const before: Reservation[] = []
  const plans = requests.map((request, at): SubnetPlan | null => {
    const own = settled[at] ?? null
    if (own === null) return null
    const plan = settle(state, request, own, wanted, before)
    const reservation: Reservation = { kind: 'own', prefix: own.subnet, network: request.network }
    before.push(reservation)
    takeSubnet(state, own.subnet, request.network)
    return plan
  })
  return requests.map((request, at) => plans[at] ?? pick(state, request))
}
