import { canonicalAddress, macFromAddress } from '../address/index.ts'
import { PortolanError } from '../error/index.ts'
import { type Bounds, boundsOf, isInBounds, sizeOf } from './bounds.ts'
import type { Lease, LeasedAddress, LeaseHolder, LeaseOrigin, LeasingNetwork } from './lease.ts'
import { addressHolderKey, addressKey, addressSpace } from './lease-key.ts'
import { findLease, type LeaseState, type LeaseStep, leaseOf, leasesUnder } from './lease-state.ts'
import { stepOf, write } from './lease-step.ts'
import { neverLeased } from './never-leased.ts'
import { entryAfter } from './sorted-map.ts'

/** @public @since 0.1.0 */
export interface AddressRequest extends LeaseOrigin {
  readonly on: LeasingNetwork
  readonly holder: LeaseHolder
  /** CIDR. */
  readonly subnet: string
  /** Never given out; null where the network has none. */
  readonly gateway: string | null
  /** CIDR inside the subnet: only addresses in it are given out; null: the whole subnet. */
  readonly ipRange: string | null
  /** This address and no other; null: any. */
  readonly address: string | null
  /**
   * Addresses that are not to be picked, though nobody leased them: somebody was seen there. One function always
   * says the same of an address; hand in another when something else is seen.
   */
  readonly isTaken?: (address: string) => boolean
  /** Null: derived from the address. */
  readonly mac: string | null
}

/**
 * Gives a holder an address of a network: the one it has, or else the one it had last, or else the lowest that
 * nobody ever had, or else the one that was released longest ago. The same state and request give the same answer.
 *
 * @throws PortolanError `ADDRESS_LEASED` when the address asked for is somebody else's; `ADDRESS_OUT_OF_RANGE` when
 *   endpoints of the subnet cannot have it; `SUBNET_EXHAUSTED` when every one is held, naming the subnet, its size
 *   and how many are leased
 * @throws ParseError for a subnet, gateway, range or address that cannot be read
 * @example
 * const { state, result } = acquireAddress(emptyLeases, {
 *   on: { project: 'shop', network: 'web' },
 *   holder: { project: 'shop', service: 'nginx', replica: 1 },
 *   subnet: '172.17.0.0/16', gateway: '172.17.42.1', ipRange: null, address: null, mac: null,
 * })
 * result.address // '172.17.0.1'
 * @public @since 0.1.0
 */
export const acquireAddress = (state: LeaseState, request: AddressRequest): LeaseStep<LeasedAddress> => {
  const bounds = boundsOf(request.subnet, request.gateway, request.ipRange)
  const known = ownAddress(state, request, bounds)
  if (request.address !== null) {
    const address = canonicalAddress(request.address)
    if (!isInBounds(boundsOf(request.subnet, request.gateway, null), address))
      throw new PortolanError(
        'ADDRESS_OUT_OF_RANGE',
        `${address} is no address for endpoints of network ${request.on.network}: ask for one of ${request.subnet} that is not its network, broadcast or gateway address.`,
      )
    const key = addressKey(request.on, bounds.family, address)
    const there = findLease(state, key)
    if (there?.kind === 'address' && there.released === null && !isHolder(there, request))
      throw new PortolanError(
        'ADDRESS_LEASED',
        `${address} of network ${request.on.network} is leased to ${holderName(there.holder)} of project ${there.holder.project}: ask for another address, or release that lease first.`,
      )
    return take(state, request, bounds, address, known)
  }
  const kept = known === null ? null : usable(known, request, bounds)
  if (kept !== null) return take(state, request, bounds, kept, known)
  const [fresh, searched] = neverLeased(state, request, bounds)
  const address = fresh ?? longestReleased(state, request, bounds)
  if (address === null) throw exhausted(state, request, bounds)
  return take({ ...state, searched }, request, bounds, address, known)
}

/** What the holder has, or had last, of this network and family. */
const ownAddress = (
  state: LeaseState,
  { on, holder }: AddressRequest,
  { family }: Bounds,
): LeasedAddress | null => {
  const lease = leaseOf(state, addressHolderKey(on, family, holder))
  return lease?.kind === 'address' ? lease : null
}

/** What is held stays unless the subnet itself went elsewhere; what was released must be one to give out today. */
const usable = (
  { address, released }: LeasedAddress,
  { subnet, gateway, isTaken }: AddressRequest,
  bounds: Bounds,
): string | null => {
  if (released === null) return isInBounds(boundsOf(subnet, gateway, null), address) ? address : null
  return isInBounds(bounds, address) && isTaken?.(address) !== true ? address : null
}

const isHolder = ({ holder }: LeasedAddress, request: AddressRequest): boolean =>
  holder.project === request.holder.project &&
  holder.service === request.holder.service &&
  holder.replica === request.holder.replica

const holderName = ({ service, replica }: LeaseHolder): string =>
  replica === 1 ? service : `${service}-${replica}`

const take = (
  state: LeaseState,
  { on, holder, mac, planned }: AddressRequest,
  { family }: Bounds,
  address: string,
  known: LeasedAddress | null,
): LeaseStep<LeasedAddress> => {
  // What is held stays whose it was, whoever asks for it again.
  const isPlanned = known !== null && known.released === null ? known.planned : planned
  const lease: LeasedAddress = {
    kind: 'address',
    on,
    family,
    address,
    mac: mac ?? macFromAddress(address),
    holder,
    released: null,
    ...(isPlanned === true ? { planned: true } : {}),
  }
  const given: readonly [string, Lease] = [addressKey(on, family, address), lease]
  const leftBehind: readonly (readonly [string, Lease])[] =
    known === null || known.released !== null || known.address === address
      ? []
      : [[addressKey(on, family, known.address), { ...known, released: state.sequence + 1 }]]
  return stepOf(write(state, [...leftBehind, given]), lease)
}

const longestReleased = (
  state: LeaseState,
  { on, isTaken }: AddressRequest,
  bounds: Bounds,
): string | null => {
  const space = addressSpace(on, bounds.family)
  for (let place = space; ; ) {
    const entry = entryAfter(state.released, place)
    if (entry === null || !entry[0].startsWith(space)) return null
    const lease = findLease(state, entry[1])
    if (lease?.kind === 'address' && isInBounds(bounds, lease.address) && isTaken?.(lease.address) !== true)
      return lease.address
    place = entry[0]
  }
}

const exhausted = (state: LeaseState, request: AddressRequest, bounds: Bounds): PortolanError => {
  const { on, subnet, ipRange, holder } = request
  const leased = leasesUnder(state, addressKey(on, bounds.family, '')).filter(
    (lease) => lease.kind === 'address' && lease.released === null && isInBounds(bounds, lease.address),
  ).length
  const place = ipRange === null || ipRange === subnet ? subnet : `${ipRange}, the ip_range of ${subnet}`
  const size = sizeOf(bounds)
  const rest = BigInt(leased) < size ? ', and somebody without a lease was seen at every other' : ''
  return new PortolanError(
    'SUBNET_EXHAUSTED',
    `No address is left for ${holderName(holder)} in ${place}, on network ${on.network}: it has ${size} ${size === 1n ? 'address' : 'addresses'} for endpoints, and ${leased} ${leased === 1 ? 'is' : 'are'} leased${rest}. Give the network a larger subnet, or take endpoints off it.`,
  )
}
