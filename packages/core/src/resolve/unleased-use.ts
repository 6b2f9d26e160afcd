import { type HostFacts, parseAddress } from '@portolan/netfilter'
import {
  type AttachedEnd,
  attachedEnds,
  insideAddresses,
  unleasedEnds,
} from '../contract/attached-endpoints.ts'
import { replicaName } from '../contract/mapping-label.ts'
import type { EndpointIntent } from '../intent/index.ts'
import { acquireAddressIn, prepareRange } from '../lease/acquire-address.ts'
import { boundsOf, isInBounds } from '../lease/bounds.ts'
import type { LeaseState } from '../lease/index.ts'
import type { LeaseBook } from '../lease/lease-book.ts'
import { addressKey } from '../lease/lease-key.ts'
import type { AddressedNetwork, AddressSource, AddressWish } from './address-wish.ts'
import type { LeaseDraft } from './lease-draft.ts'

/** The endpoints on networks of ours that have no lease, as after the loss of the state directory. */
export interface UnleasedUse {
  readonly ends: readonly AttachedEnd[]
  /** All addresses of these endpoints, on any network. */
  readonly addresses: readonly string[]
  /**
   * The address that an endpoint has on its interface. Null: it has none, or a lease names the address that it has or
   * had last, or the address is leased to another endpoint by now.
   */
  addressFor(wish: Pick<AddressWish, 'endpoint' | 'from' | 'holderKey'>, book: LeaseBook): string | null
}

export const unleasedUse = (facts: HostFacts, leases: LeaseState): UnleasedUse => {
  // Nothing is known of an interface whose inside was not read. Usually none was read, and then no lease is looked up.
  const read = attachedEnds(facts).filter(({ inside }) => inside.addresses !== undefined)
  const ends = unleasedEnds(read, leases)
  return {
    ends,
    addresses: ends.flatMap(({ inside }) => insideAddresses(inside)),
    addressFor: ({ endpoint, from, holderKey }, book) => {
      if (ends.length === 0 || book.ofHolder(holderKey) !== null) return null
      const name = replicaName(endpoint)
      const end = ends.find(
        ({ mark }) =>
          mark.project === from.on.project && mark.network === from.on.network && mark.endpoint === name,
      )
      return end === undefined ? null : addressOn(end, from, book)
    },
  }
}

/**
 * Leases the addresses of interfaces on the project's networks that belong to no service. `attach` had leased them, and
 * no file names them. `detach` releases these leases, as it would have released the first ones.
 */
export const leaseAttached = (
  { project, endpoints }: { readonly project: string; readonly endpoints: readonly EndpointIntent[] },
  networks: readonly AddressedNetwork[],
  { ends }: UnleasedUse,
  { book }: LeaseDraft,
): void => {
  for (const end of ends) {
    const { mark } = end
    const network = networks.find(({ on }) => on.project === mark.project && on.network === mark.network)
    if (network === undefined || mark.project !== project) continue
    const isWanted = endpoints.some(
      (one) => one.network === network.name && replicaName(one) === mark.endpoint,
    )
    if (isWanted) continue
    for (const family of ['ip', 'ip6'] as const) {
      const subnet = network[family]
      if (subnet === null) continue
      const address = addressOn(end, { on: network.on, family, subnet, ipRange: null }, book)
      if (address === null) continue
      const request = { on: network.on, ...subnet, ipRange: null }
      acquireAddressIn(
        book,
        {
          ...request,
          holder: { project, service: mark.endpoint, replica: 1 },
          address,
          mac: end.inside.mac ?? null,
        },
        prepareRange(request),
      )
    }
  }
}

const addressOn = (
  end: AttachedEnd,
  { on, family, subnet: { subnet, gateway } }: AddressSource,
  book: LeaseBook,
): string | null => {
  const bounds = boundsOf(subnet, gateway, null)
  return (
    insideAddresses(end.inside).find(
      (address) =>
        parseAddress(address).family === family &&
        isInBounds(bounds, address) &&
        book.find(addressKey(on, family, address)) === null,
    ) ?? null
  )
}
