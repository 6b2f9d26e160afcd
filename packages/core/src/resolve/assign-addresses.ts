import {
  canonicalAddress,
  type Family,
  IntentError,
  macFromAddress,
  PortolanError,
  placeText,
  type SourcePosition,
} from '@portolan/netfilter'
import type { attachedEndpoints } from '../contract/attached-endpoints.ts'
import type { DesiredEndpoint } from '../contract/desired-endpoint.ts'
import type { PublishedPort } from '../contract/index.ts'
import { replicaName } from '../contract/mapping-label.ts'
import type { EndpointIntent, IntentNote } from '../intent/index.ts'
import { type AddressRange, acquireAddressIn, prepareRange } from '../lease/acquire-address.ts'
import { boundsOf, isInBounds } from '../lease/bounds.ts'
import type { LeasedAddress } from '../lease/index.ts'
import { addressHolderKey, addressKey, leaseKey } from '../lease/lease-key.ts'
import { releaseLeaseIn } from '../lease/release.ts'
import type { AddressUse } from './address-use.ts'
import type { AddressedNetwork, AddressSource, AddressWish } from './address-wish.ts'
import { checkChoice } from './check-choice.ts'
import type { LeaseDraft } from './lease-draft.ts'
import type { UnleasedUse } from './unleased-use.ts'

/** @internal */
export interface AssignedAddresses {
  readonly endpoints: readonly DesiredEndpoint[]
  readonly notes: readonly IntentNote[]
}

interface AttachedEndpoints {
  readonly isAttachedOn: ReturnType<typeof attachedEndpoints>
  readonly unleased: Pick<UnleasedUse, 'addresses' | 'addressFor'>
}

/** The addresses that an endpoint has been given so far. Both share one MAC. */
type GivenAddresses = Pick<DesiredEndpoint, 'ip' | 'ip6'> & { readonly mac: string | null }

const nothing: GivenAddresses = { ip: null, ip6: null, mac: null }

/**
 * Gives every endpoint its addresses. Static ones come first, so that no other endpoint gets them. Then each endpoint
 * that has an address, or had one last, gets it again. The others get the lowest free address, in the order of the
 * intent. So an endpoint that comes or goes moves no other. An address to which another project's published port leads
 * counts as in use.
 *
 * @param uses - the known addresses of networks that are not only ours
 * @param attached - the endpoints with an interface. An address that such an endpoint released goes to no other
 * endpoint. An address that it has without a lease goes to this endpoint itself.
 * @throws PortolanError `SUBNET_EXHAUSTED` when a subnet has no address left
 * @throws IntentError when a static address has another holder
 * @internal
 */
export const assignAddresses = (
  intent: { readonly project: string; readonly endpoints: readonly EndpointIntent[] },
  networks: readonly AddressedNetwork[],
  leases: LeaseDraft,
  others: readonly PublishedPort[],
  uses: ReadonlyMap<string, AddressUse>,
  { isAttachedOn, unleased }: AttachedEndpoints,
): AssignedAddresses => {
  const inUse = new Set([
    ...others.flatMap(({ targets }) => targets.map(({ address }) => address)),
    ...unleased.addresses,
  ])
  const isTaken = (address: string): boolean => inUse.has(address)
  // One function for each network: with the same function, a search for a free address goes on where it ended.
  const isTakenOn = new Map(
    [...uses].map(([name, use]) => [name, (address: string) => isTaken(address) || use.isTaken(address)]),
  )
  const sources = new Map(
    networks.map((network) => {
      const source = (family: Family): AddressSource | null => {
        const subnet = network[family]
        return subnet === null ? null : { on: network.on, family, subnet, ipRange: network.ipRange[family] }
      }
      return [network.name, { ip: source('ip'), ip6: source('ip6') }] as const
    }),
  )
  const wishes = (family: Family): readonly AddressWish[] => {
    const found: AddressWish[] = []
    for (const endpoint of intent.endpoints) {
      const source = sources.get(endpoint.network)
      if (source === undefined) {
        throw new IntentError(
          `${endpoint.service} is on network ${endpoint.network}, which is not defined`,
          endpoint.place,
        )
      }
      const from = source[family]
      if (from === null) continue
      const fixed = endpoint[family] === null ? null : canonicalAddress(endpoint[family])
      const holder = { project: intent.project, service: endpoint.service, replica: endpoint.replica }
      found.push({ endpoint, from, fixed, holder, holderKey: addressHolderKey(from.on, family, holder) })
    }
    return found
  }
  const four = wishes('ip')
  const six = wishes('ip6')
  releaseUnwanted(intent.project, new Set([...four, ...six].map(({ holderKey }) => holderKey)), leases)

  const notes: IntentNote[] = []
  const given = new Map<EndpointIntent, GivenAddresses>()
  // Computed once for each network: it parses prefixes and builds keys.
  const partsOf = rememberedParts(uses)
  const full = new Set<AddressPart>()
  const { book } = leases
  const give = (wish: AddressWish): void => {
    const { endpoint, from, fixed, holder, holderKey } = wish
    const use = uses.get(endpoint.network)
    if (use !== undefined) checkChoice(wish, use, book)
    const known = given.get(endpoint) ?? nothing
    const acquireFrom = ({ ipRange, range }: AddressPart): LeasedAddress =>
      acquireAddressIn(
        book,
        {
          on: from.on,
          holder,
          subnet: from.subnet.subnet,
          gateway: from.subnet.gateway,
          ipRange,
          address: fixed ?? unleased.addressFor(wish, book),
          isTaken: isTakenOn.get(endpoint.network) ?? isTaken,
          isAttached: (one) => isAttachedOn(from.on, one),
          planned: true,
          // An endpoint has one MAC: that of its IPv4 address, if it has one.
          mac: endpoint.mac ?? (known.ip === null ? null : macFromAddress(known.ip)),
        },
        range,
        holderKey,
      )
    const { address, mac } = addPlaceToError(endpoint.place, () =>
      firstWithRoom(partsOf(endpoint.network, from), full, acquireFrom),
    )
    given.set(
      endpoint,
      from.family === 'ip' ? { ip: address, ip6: known.ip6, mac } : { ip: known.ip, ip6: address, mac },
    )
  }
  for (const family of [four, six]) {
    const statics = family.filter(({ fixed }) => fixed !== null)
    notes.push(...releaseClaimedAddresses(intent, statics, leases))
    const others = family.filter(({ fixed }) => fixed === null)
    // This is asked for all endpoints before the first one gets an address.
    const returning = others.filter(({ holderKey }) => book.ofHolder(holderKey) !== null)
    const isReturning = new Set(returning)
    for (const wish of statics) give(wish)
    for (const wish of returning) give(wish)
    for (const wish of others) if (!isReturning.has(wish)) give(wish)
  }
  const endpoints = intent.endpoints.map((endpoint): DesiredEndpoint => {
    const { service, replica, network } = endpoint
    const { ip, ip6, mac } = given.get(endpoint) ?? nothing
    return { service, replica, network, ip, ip6, mac: endpoint.mac ?? mac ?? macFromAddress('0.0.0.0') }
  })
  return { endpoints, notes }
}

/** A part of a subnet that addresses are picked from. */
interface AddressPart {
  readonly ipRange: string | null
  readonly range: AddressRange
}

/** The parts of a subnet: at least one. The last part is tried last. */
type AddressParts = readonly [AddressPart, ...AddressPart[]]

/** Makes the parts of a subnet, in the order in which they are tried, once for each source. */
const rememberedParts = (
  uses: ReadonlyMap<string, AddressUse>,
): ((network: string, from: AddressSource) => AddressParts) => {
  const known = new Map<AddressSource, AddressParts>()
  const make = (
    network: string,
    { on, subnet: { subnet, gateway }, ipRange }: AddressSource,
  ): AddressParts => {
    const part = (own: string | null): AddressPart => ({
      ipRange: own,
      range: prepareRange({ on, subnet, gateway, ipRange: own }),
    })
    const use = uses.get(network)
    const [first = null, ...rest] = use === undefined || ipRange !== null ? [ipRange] : use.parts(subnet)
    return [part(first), ...rest.map(part)]
  }
  return (network, from) => {
    const remembered = known.get(from)
    if (remembered !== undefined) return remembered
    const parts = make(network, from)
    known.set(from, parts)
    return parts
  }
}

/**
 * The answer of the first part that has an address left.
 *
 * @param full - the parts that had none left. They are not asked again: a part counts all of its leases before it says
 * so, and no address is given back in between
 */
const firstWithRoom = <T>(
  [part, ...rest]: AddressParts,
  full: Set<AddressPart>,
  ask: (part: AddressPart) => T,
): T => {
  const [next, ...others] = rest
  if (next === undefined) return ask(part)
  if (!full.has(part)) {
    try {
      return ask(part)
    } catch (error) {
      if (!(error instanceof PortolanError) || error.code !== 'SUBNET_EXHAUSTED') throw error
      full.add(part)
    }
  }
  return firstWithRoom([next, ...others], full, ask)
}

/** Releases the addresses that plans hold for endpoints no longer wanted, so that this plan can use them. */
const releaseUnwanted = (project: string, wanted: ReadonlySet<string>, leases: LeaseDraft): void => {
  for (const lease of leases.book.under('address/')) {
    if (lease.kind !== 'address' || lease.released !== null || lease.holder.project !== project) continue
    // An orchestrator leased it for an endpoint that no file names.
    if (lease.planned !== true) continue
    if (wanted.has(addressHolderKey(lease.on, lease.family, lease.holder))) continue
    releaseLeaseIn(leases.book, leaseKey(lease))
  }
}

/**
 * Releases an address that another endpoint of the project had picked, because the file now gives it to an endpoint by
 * name. The plan then says which service moves. An address that an orchestrator leased for an endpoint of no file
 * stays.
 */
const releaseClaimedAddresses = (
  { project, endpoints }: { readonly project: string; readonly endpoints: readonly EndpointIntent[] },
  statics: readonly AddressWish[],
  leases: LeaseDraft,
): readonly IntentNote[] => {
  const notes: IntentNote[] = []
  const claims = new Map<string, AddressWish>()
  for (const wish of statics) {
    const {
      endpoint,
      from: { on, family, subnet },
      fixed,
    } = wish
    if (fixed !== null && !isInBounds(boundsOf(subnet.subnet, subnet.gateway, null), fixed)) {
      throw new IntentError(
        `${replicaName(endpoint)} asks for ${fixed} on network ${endpoint.network}: ask for an address of ${subnet.subnet} that is not its network, broadcast or gateway address`,
        endpoint.place,
      )
    }
    const key = addressKey(on, family, fixed ?? '')
    const rival = claims.get(key)
    if (rival !== undefined && rival.holderKey !== wish.holderKey) {
      throw new IntentError(
        `${replicaName(endpoint)} and ${replicaName(rival.endpoint)} both ask for ${fixed} on network ${endpoint.network}: give one of them another address`,
        endpoint.place,
      )
    }
    claims.set(key, wish)
    const lease = leases.book.find(key)
    if (lease?.kind !== 'address' || lease.released !== null) continue
    if (addressHolderKey(on, family, lease.holder) === wish.holderKey) continue
    const { service, replica } = lease.holder
    const isMoved = endpoints.some((one) => one.service === service && one.replica === replica)
    if (lease.holder.project !== project || (lease.planned !== true && !isMoved)) {
      throw new IntentError(
        `${replicaName(endpoint)} asks for ${fixed} on network ${endpoint.network}, which is leased to ${replicaName(lease.holder)} of project ${lease.holder.project}: ask for another address`,
        endpoint.place,
      )
    }
    releaseLeaseIn(leases.book, key)
    notes.push({ text: movedNote(lease, endpoint), place: endpoint.place })
  }
  return notes
}

const movedNote = ({ address, holder }: LeasedAddress, { service, network }: EndpointIntent): string =>
  `${replicaName(holder)} had ${address} on network ${network} and gets another address, because ${service} asks for ${address} by name.`

const placed: readonly string[] = ['SUBNET_EXHAUSTED', 'ADDRESS_LEASED']

/** Acquires an address. If none is left, or another interface has it, the error starts with the service's place. */
const addPlaceToError = <Result>(place: SourcePosition | null, acquire: () => Result): Result => {
  try {
    return acquire()
  } catch (cause) {
    if (place === null || !(cause instanceof PortolanError) || !placed.includes(cause.code)) throw cause
    throw new PortolanError(
      cause.code,
      {
        problem: `${placeText(place)}: ${cause.problem}`,
        remedy: (wording) => cause.remedy(wording),
      },
      { cause },
    )
  }
}
