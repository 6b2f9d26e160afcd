import {
  containsPrefix,
  type Prefix,
  parseInterfaceAddress,
  prefixAround,
  prefixesOverlap,
  samePrefix,
} from '@portolan/netfilter'
import type { BridgeApart } from './host-index.ts'
import type { PlanState } from './plan-state.ts'
import { type Collision, collisionWith } from './rejection.ts'
import { isGuess, type Reservation } from './reservation.ts'
import { deviceOf } from './reservation-holder.ts'
import { bridgesOf } from './settled-subnet.ts'
import { space4, space6 } from './space.ts'
import type { SubnetWish } from './subnet-request.ts'
import { touching } from './touching.ts'

/**
 * Without what lies inside another of them: the local route of an address whose prefix is there already. What the cluster
 * says of its addresses stays: a route to a block is there for the host that has it, and no allowed range frees the block.
 * What is in use stays inside what may not be in use: a route inside a network of another engine that is down.
 */
const outermost = (found: readonly Reservation[]): readonly Reservation[] =>
  found.filter((one, at) =>
    found.every(
      (other, place) =>
        place === at ||
        !containsPrefix(other.prefix, one.prefix) ||
        (isOfCluster(one.kind) && !isOfCluster(other.kind)) ||
        (isGuess(other.kind) && !isGuess(one.kind)) ||
        (samePrefix(other.prefix, one.prefix) && place > at && isAlike(one, other)),
    ),
  )

const isAlike = (one: Reservation, other: Reservation): boolean =>
  isOfCluster(one.kind) === isOfCluster(other.kind) && isGuess(one.kind) === isGuess(other.kind)

/** The networks of a plan, with the subnets of each that need no picking. */
export type SettledNetworks = ReadonlyMap<string, readonly Prefix[]>

/** What a bridge of the plan has still once its network has these subnets: what other programs made over it, and these. */
const stayingOn = (
  { addresses, reservations }: BridgeApart,
  subnets: readonly Prefix[],
): readonly Reservation[] => {
  const leaving = addresses
    .map(({ address, length }) => prefixAround(address, length))
    .filter((prefix) => !subnets.some((one) => samePrefix(one, prefix)))
  return reservations.filter((one) => {
    if (one.kind === 'lease') return subnets.some((subnet) => samePrefix(subnet, one.prefix))
    // Its connected route, and the local and broadcast ones.
    const isMade = one.kind === 'address' || (one.kind === 'route' && (one.route.gateway ?? null) === null)
    return !isMade || !leaving.some((prefix) => containsPrefix(prefix, one.prefix))
  })
}

const isOfCluster = (kind: Reservation['kind']): boolean => kind === 'cluster'

/**
 * What `findOverlaps` tells, as it is known, and what lies inside another of them too.
 *
 * @param wanted - the networks of the plan, with the subnets that they have without picking
 * @param settled - what earlier requests of the plan have
 */
export const overlapping = (
  state: PlanState,
  request: SubnetWish,
  subnet: Prefix,
  wanted: SettledNetworks,
  settled: readonly Reservation[],
): readonly Reservation[] => {
  const { certain, options, host } = state
  const own = bridgesOf(state, request)
  const onBridges = host.bridges
    .filter((bridge) => !own.includes(bridge))
    .filter(({ name, owner }) => {
      if (options.removedBridges !== undefined) return !options.removedBridges.includes(name)
      return owner === null || owner.project !== options.project || wanted.has(owner.network)
    })
    .flatMap((bridge) =>
      bridge.owner === null || bridge.owner.project !== options.project || !wanted.has(bridge.owner.network)
        ? bridge.reservations
        : stayingOn(bridge, wanted.get(bridge.owner.network) ?? []),
    )
  const found = onHost(state, subnet)
  const isHere = stays(state, request, subnet)
  const others = [...certain, ...onBridges, ...settled].filter(
    (one) =>
      prefixesOverlap(one.prefix, subnet) && !(isHere && one.kind === 'cluster' && one.leaving === true),
  )
  // An index that was built before this request was known has not set its bridge apart.
  const foreign = found.filter(
    (one) =>
      (request.bridge == null || deviceOf(one) !== request.bridge) &&
      !isSame(one, options.project ?? null, request.network),
  )
  return [...foreign, ...others]
}

/**
 * Everything that a fixed or held subnet collides with. The addresses and routes of its own bridge do not count. Nor do
 * those of a bridge of the same project if its network is no longer wanted, because the plan removes that bridge (the
 * caller may say which bridges go), nor the addresses that the plan takes from a bridge whose network gets another subnet.
 *
 * @param wanted - the networks of the plan, with the subnets that they have without picking
 * @param settled - what earlier requests of the plan have
 */
export const findOverlaps = (
  state: PlanState,
  request: SubnetWish,
  subnet: Prefix,
  wanted: SettledNetworks,
  settled: readonly Reservation[],
): readonly Collision[] => outermost(overlapping(state, request, subnet, wanted, settled)).map(collisionWith)

/** What was read of the host, what is in use first: an index has nothing of what lies inside something else. */
const onHost = ({ observed, host }: PlanState, subnet: Prefix): readonly Reservation[] => {
  const among = ({ ip, ip6 }: PlanState['observed']): readonly Reservation[] =>
    subnet.family === 'ip'
      ? touching(space4, ip, subnet.base, subnet.length)
      : touching(space6, ip6, subnet.base, subnet.length)
  const found = among(observed)
  const guesses = found.filter(({ kind }) => isGuess(kind))
  if (guesses.length === 0) return found
  const { ip, ip6 } = host.inUse()
  const inUse = among({ ip: { ...observed.ip, blocks: ip }, ip6: { ...observed.ip6, blocks: ip6 } })
  return [...inUse, ...guesses]
}

/** Has the network this subnet already? */
const stays = (state: PlanState, request: SubnetWish, subnet: Prefix): boolean =>
  [
    ...(request.held == null ? [] : [prefixOf(request.held)]),
    ...(state.held.get(request.network) ?? []).map((lease) => prefixOf(lease.subnet)),
    ...bridgesOf(state, request).flatMap(({ addresses }) =>
      addresses.map(({ address, length }) => prefixAround(address, length)),
    ),
  ].some((own) => samePrefix(own, subnet))

const prefixOf = (text: string): Prefix => {
  const { address, length } = parseInterfaceAddress(text)
  return prefixAround(address, length)
}

/** The file of an engine that a plugin of ours serves defines the very network that is asked about. */
const isSame = (one: Reservation, project: string | null, network: string): boolean =>
  one.kind === 'network' &&
  one.network.own !== undefined &&
  one.network.own.project === project &&
  one.network.own.network === network
