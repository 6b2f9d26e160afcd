import {
  type AddressInput,
  canonicalAddress,
  detachWay,
  inputText,
  macFromAddress,
  oneWay,
  PortolanError,
  type PrefixInput,
} from '@portolan/netfilter'
import { replicaName } from '../contract/mapping-label.ts'
import { type Bounds, boundsOf, isInBounds, sizeOf } from './bounds.ts'
import { addressKinds, checkOf } from './check-lease-request.ts'
import type { LeasedAddress, LeaseHolder, LeaseOrigin, LeasingNetwork } from './lease.ts'
import { type LeaseBook, openBook } from './lease-book.ts'
import { addressHolderKey, addressKey, addressSpace } from './lease-key.ts'
import type { LeaseState, LeaseStep } from './lease-state.ts'
import { neverLeased, searchPlace } from './never-leased.ts'

/** @public @since 0.1.0 */
export interface AddressRequest extends LeaseOrigin {
  readonly on: LeasingNetwork
  readonly holder: LeaseHolder
  /** CIDR. */
  readonly subnet: PrefixInput
  /** Never leased; null where the network has none. */
  readonly gateway: AddressInput | null
  /** CIDR inside the subnet: only addresses inside it are leased; null: the whole subnet. */
  readonly ipRange: PrefixInput | null
  /** The only address to take; null: any address. */
  readonly address: AddressInput | null
  /**
   * Is an address in use on the host without a lease? Such an address is not picked. One function must always give the
   * same answer for an address. Pass another function when the host has changed.
   */
  readonly isTaken?: (address: string) => boolean
  /**
   * Does an endpoint still have an interface on the network? A released address answers there until the endpoint is
   * detached. So it goes to no other holder before that.
   */
  readonly isAttached?: (holder: LeaseHolder) => boolean
  /** The MAC address; null: derived from the address. */
  readonly mac: string | null
}

/**
 * A request with its addresses as text.
 * @internal
 */
export interface AddressWish extends AddressRequest {
  readonly subnet: string
  readonly gateway: string | null
  readonly ipRange: string | null
  readonly address: string | null
}

const wishOf = (request: AddressRequest): AddressWish => ({
  ...request,
  subnet: inputText(request.subnet),
  gateway: request.gateway === null ? null : inputText(request.gateway),
  ipRange: request.ipRange === null ? null : inputText(request.ipRange),
  address: request.address === null ? null : inputText(request.address),
})

const check = checkOf<AddressRequest>(addressKinds, 'the request of acquireAddress')

/**
 * Gives a holder an address of a network. It takes the first that exists of these:
 * - the address that the holder has
 * - the address that the holder had last
 * - the lowest address that was never leased
 * - the address that was released longest ago
 *
 * The same state and request give the same answer.
 *
 * @throws PortolanError `ADDRESS_LEASED` when another holder has the wanted address, or has released it and is still
 * attached with it; `ADDRESS_OUT_OF_RANGE` when endpoints of the subnet cannot have it; `SUBNET_EXHAUSTED` when every
 * address is held, with the subnet, its size and the number of leased addresses
 * @throws ParseError for a subnet, gateway, range or address that cannot be read; InvalidRequestError for a part of the
 * request that is of another kind
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
  check(request)
  const book = openBook(state)
  const wish = wishOf(request)
  return book.close(acquireAddressIn(book, wish, prepareRange(wish)))
}

/**
 * The common data of requests for addresses of one network, computed once for all of them.
 * @internal
 */
export interface AddressRange {
  readonly bounds: Bounds
  /** The bounds without the `ip_range`. */
  readonly whole: Bounds
  /** The text with which the keys of its addresses begin. */
  readonly prefix: string
  /** The key of its entry in `LeaseState.searched`. */
  readonly place: string
}

/**
 * @throws ParseError for a subnet, gateway or range that cannot be read
 * @internal
 */
export const prepareRange = ({
  on,
  subnet,
  gateway,
  ipRange,
}: Pick<AddressWish, 'on' | 'subnet' | 'gateway' | 'ipRange'>): AddressRange => {
  const whole = boundsOf(subnet, gateway, null)
  const bounds = ipRange === null ? whole : boundsOf(subnet, gateway, ipRange)
  return { bounds, whole, prefix: addressKey(on, bounds.family, ''), place: searchPlace(on, bounds) }
}

/**
 * Does what `acquireAddress` does, in a book.
 *
 * @param range - the result of `prepareRange` for this request
 * @param holder - the key of the request's holder, where the caller knows it
 * @internal
 */
export const acquireAddressIn = (
  book: LeaseBook,
  request: AddressWish,
  range: AddressRange,
  holder: string = addressHolderKey(request.on, range.bounds.family, request.holder),
): LeasedAddress => {
  const known = ownAddress(book, holder)
  if (request.address !== null) {
    const address = canonicalAddress(request.address)
    if (!isInBounds(range.whole, address))
      throw new PortolanError('ADDRESS_OUT_OF_RANGE', {
        problem: `${address} is no address for endpoints ${placeOf(request.on)}.`,
        remedy: () =>
          `Ask for one of ${request.subnet} that is not its network, broadcast or gateway address.`,
      })
    const there = book.find(`${range.prefix}${address}`)
    if (there?.kind === 'address' && there.released === null && !isHolder(there, request))
      throw new PortolanError('ADDRESS_LEASED', {
        problem: `${address} ${placeOf(request.on)} is leased to ${replicaName(there.holder)} of project ${there.holder.project}.`,
        remedy: () => 'Ask for another address, or release that lease first.',
      })
    if (there?.kind === 'address' && isInterfaces(there, request))
      throw new PortolanError('ADDRESS_LEASED', {
        problem: `${address} ${placeOf(request.on)} is on the interface of ${replicaName(there.holder)}, which gave it up but is still attached.`,
        remedy: (wording) => oneWay(detachWay(wording, replicaName(there.holder)), 'ask for another address'),
      })
    return take(book, request, range, address, { known, key: holder })
  }
  const kept = known === null ? null : usable(known, range, request.isTaken)
  if (kept !== null) return take(book, request, range, kept, { known, key: holder })
  const fresh = neverLeased(book, request.isTaken ?? null, range)
  const address = fresh ?? longestReleased(book, request, range)
  if (address === null) throw exhausted(book, request, range)
  return take(book, request, range, address, { known, key: holder })
}

/** A foreign bridge and an interface of the host are not networks of ours: the message names the interface. */
const placeOf = ({ project, network }: LeasingNetwork): string =>
  project === null ? `on ${network}` : `of network ${network}`

/** The address that the holder has or last had on this network, in this family. */
const ownAddress = (book: LeaseBook, holder: string): LeasedAddress | null => {
  const lease = book.ofHolder(holder)
  return lease?.kind === 'address' ? lease : null
}

/**
 * A held address stays unless the subnet itself has moved. A released one must still be in the range, and not in use.
 */
const usable = (
  { address, released }: LeasedAddress,
  { bounds, whole }: AddressRange,
  isTaken: AddressWish['isTaken'],
): string | null => {
  if (released === null) return isInBounds(whole, address) ? address : null
  return isInBounds(bounds, address) && isTaken?.(address) !== true ? address : null
}

const isHolder = ({ holder }: LeasedAddress, request: AddressWish): boolean =>
  holder.project === request.holder.project &&
  holder.service === request.holder.service &&
  holder.replica === request.holder.replica

/** Is the address still on the interface of another endpoint, which has released it? */
const isInterfaces = (lease: LeasedAddress, request: AddressWish): boolean =>
  lease.released !== null && !isHolder(lease, request) && request.isAttached?.(lease.holder) === true

const take = (
  book: LeaseBook,
  { on, holder, mac, planned }: AddressWish,
  { bounds: { family }, prefix }: AddressRange,
  address: string,
  { known, key }: { readonly known: LeasedAddress | null; readonly key: string },
): LeasedAddress => {
  // A held address keeps the mark of its first taker, even if another taker asks for it again.
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
  if (known !== null && known.released === null && known.address !== address)
    book.put(`${prefix}${known.address}`, { ...known, released: book.sequence() + 1 })
  book.put(`${prefix}${address}`, lease, key)
  return lease
}

const longestReleased = (book: LeaseBook, request: AddressWish, { bounds }: AddressRange): string | null => {
  const { on, isTaken } = request
  const space = addressSpace(on, bounds.family)
  for (let place = space; ; ) {
    const entry = book.nextReleased(place)
    if (entry === null || !entry[0].startsWith(space)) return null
    const lease = book.find(entry[1])
    if (
      lease?.kind === 'address' &&
      isInBounds(bounds, lease.address) &&
      isTaken?.(lease.address) !== true &&
      !isInterfaces(lease, request)
    )
      return lease.address
    place = entry[0]
  }
}

const exhausted = (
  book: LeaseBook,
  request: AddressWish,
  { bounds, prefix }: AddressRange,
): PortolanError => {
  const { on, subnet, ipRange, holder } = request
  const leased = book
    .under(prefix)
    .filter(
      (lease) => lease.kind === 'address' && lease.released === null && isInBounds(bounds, lease.address),
    ).length
  const place = ipRange === null || ipRange === subnet ? subnet : `${ipRange}, the ip_range of ${subnet}`
  const size = sizeOf(bounds)
  const rest = BigInt(leased) < size ? ', and every other one is in use without a lease' : ''
  return new PortolanError('SUBNET_EXHAUSTED', {
    problem: `No address is left for ${replicaName(holder)} in ${place}, ${on.project === null ? `on ${on.network}` : `on network ${on.network}`}: it has ${size} ${size === 1n ? 'address' : 'addresses'} for endpoints, and ${leased} ${leased === 1 ? 'is' : 'are'} leased${rest}.`,
    remedy: () => 'Give the network a larger subnet, or take endpoints off it.',
  })
}
