import { IntentError } from '@portolan/netfilter'
import { replicaName } from '../contract/mapping-label.ts'
import { boundsOf, isInBounds } from '../lease/bounds.ts'
import type { LeaseBook } from '../lease/lease-book.ts'
import type { AddressUse } from './address-use.ts'
import type { AddressWish } from './address-wish.ts'

/**
 * Refuses to pick an address on a network whose addresses in use are not known. Two containers with one address would
 * cut each other off. An endpoint that already holds an address keeps it.
 *
 * @throws IntentError that asks for a static address
 */
export const checkChoice = (
  { endpoint, from: { family, subnet }, fixed, holderKey }: AddressWish,
  { bridge, engine, isKnown }: AddressUse,
  book: LeaseBook,
): void => {
  if (isKnown || fixed !== null) return
  const lease = book.ofHolder(holderKey)
  const bounds = boundsOf(subnet.subnet, subnet.gateway, null)
  if (lease?.kind === 'address' && lease.released === null && isInBounds(bounds, lease.address)) return
  const why =
    engine === null
      ? `other machines are on its bridge ${bridge}, and no engine has records of them`
      : `other containers are on its bridge ${bridge}, and the addresses that ${engine} gave them could not be read`
  const key = family === 'ip' ? 'ipv4_address' : 'ipv6_address'
  const root = engine === null ? '' : ' Root may read those records, if this is another user.'
  throw new IntentError(
    `${replicaName(endpoint)} needs ${key} on the external network ${endpoint.network}: ${why}, so an address of ${subnet.subnet} that is picked may be in use. Name one that is free.${root}`,
    endpoint.place,
  )
}
