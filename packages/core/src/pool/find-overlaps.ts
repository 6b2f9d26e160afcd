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
 * Leaves out each reservation that lies inside another, such as the local route of an address whose prefix is listed.
 * Reservations of a cluster stay: a route to a block exists because another host has the block, and no allowed range
 * frees the block. A prefix in use stays inside one that is a guess, such as a route inside another engine's network
 * that is down.
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

/** The networks of a plan, each with its subnets that need no picking. */
export type SettledNetworks = ReadonlyMap<string, readonly Prefix[]>

/**
 * The reservations that a bridge of the plan keeps once its network has these subnets. Routes that other programs made
 * by it stay, and so do these subnets.
 */
const stayingOn = (
  { addresses, reservations }: BridgeApart,
  subnets: readonly Prefix[],
): readonly Reservation[] => {
  const leaving = addresses
    .map(({ address, length }) => prefixAround(address, length))
    .filter((prefix) => !subnets.some((one) => samePrefix(one, prefix)))
  return reservations.filter((one) => {
    if (one.kind === 'lease') return subnets.some((subnet) => samePrefix(subnet, one.prefix))
    // The connected route of an address, and its local and broadcast routes, go with the address.
    const isMade = one.kind === 'address' || (one.kind === 'route' && (one.route.gateway ?? null) === null)
    return !isMade || !leaving.some((prefix) => containsPrefix(prefix, one.prefix))
  })
}

const isOfCluster = (kind: Reservation['kind']): boolean => kind === 'cluster'

/**
 * Collects the reservations that a subnet overlaps, nested ones included. `findOverlaps` tells them without the nested
 * ones.
 *
 * @param wanted - the networks of the plan, with their subnets that need no picking
 * @param settled - the subnets of earlier requests of the plan
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
  const isHere = isHeld(state, request, subnet)
  const others = [...certain, ...onBridges, ...settled].filter(
    (one) =>
      prefixesOverlap(one.prefix, subnet) && !(isHere && one.kind === 'cluster' && one.leaving === true),
  )
  // An index that was built before this request was known has not kept its bridge apart.
  const foreign = found.filter(
    (one) =>
      (request.bridge == null || deviceOf(one) !== request.bridge) &&
      !isSame(one, options.project ?? null, request.network),
  )
  return [...foreign, ...others]
}

/**
 * Finds everything that a fixed or held subnet collides with. Three kinds do not count:
 * - the addresses and routes of the network's own bridge
 * - those of a bridge of the same project whose network is no longer wanted, because the plan removes that bridge (the
 *   caller may name the bridges that go)
 * - the addresses that the plan takes from a bridge whose network gets another subnet
 *
 * @param wanted - the networks of the plan, with their subnets that need no picking
 * @param settled - the subnets of earlier requests of the plan
 */
export const findOverlaps = (
  state: PlanState,
  request: SubnetWish,
  subnet: Prefix,
  wanted: SettledNetworks,
  settled: readonly Reservation[],
): readonly Collision[] => outermost(overlapping(state, request, subnet, wanted, settled)).map(collisionWith)

/**
 * The reservations of the host that touch a subnet, prefixes in use first. An index leaves out nested prefixes, so
 * prefixes inside a guess are read from the index without guesses.
 */
const onHost = ({ observed, host }: PlanState, subnet: Prefix): readonly Reservation[] => {
  const touchingIn = ({ ip, ip6 }: PlanState['observed']): readonly Reservation[] =>
    subnet.family === 'ip'
      ? touching(space4, ip, subnet.base, subnet.length)
      : touching(space6, ip6, subnet.base, subnet.length)
  const found = touchingIn(observed)
  const guesses = found.filter(({ kind }) => isGuess(kind))
  if (guesses.length === 0) return found
  const { ip, ip6 } = host.inUse()
  const inUse = touchingIn({ ip: { ...observed.ip, blocks: ip }, ip6: { ...observed.ip6, blocks: ip6 } })
  return [...inUse, ...guesses]
}

/** Does the network have this subnet already? */
const isHeld = (state: PlanState, request: SubnetWish, subnet: Prefix): boolean =>
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

/** Does this reservation come from an engine's file that defines the same network, served by a plugin of ours? */
const isSame = (one: Reservation, project: string | null, network: string): boolean =>
  one.kind === 'network' &&
  one.network.own !== undefined &&
  one.network.own.project === project &&
  one.network.own.network === network
