import { families } from '@portolan/netfilter'
import type { Lease, LeaseHolder, LeasingNetwork } from './lease.ts'
import { type LeaseBook, openBook } from './lease-book.ts'
import { addressHolderKey, addressKey, leaseKey } from './lease-key.ts'
import { findLease, keysOfHolder, type LeaseState, type LeaseStep, listLeases } from './lease-state.ts'
import { stepOf, write } from './lease-step.ts'

/**
 * Releases a lease. A released address remembers its holder until another holder needs it. With a subnet, every address
 * of its network and family is released too, without a trace.
 *
 * @returns true: there was such a lease
 * @example
 * releaseLease(state, leaseKey(lease)).state
 * @public @since 0.1.0
 */
export const releaseLease = (state: LeaseState, key: string): LeaseStep<boolean> => {
  const book = openBook(state)
  return book.close(releaseLeaseIn(book, key))
}

/**
 * Does what `releaseLease` does, in a book.
 * @internal
 */
export const releaseLeaseIn = (book: LeaseBook, key: string): boolean => {
  const lease = book.find(key)
  if (lease === null || (lease.kind === 'address' && lease.released !== null)) return false
  if (lease.kind === 'address') {
    book.put(key, { ...lease, released: book.sequence() + 1 })
    return true
  }
  if (lease.kind === 'subnet') {
    const space = addressKey({ project: lease.project, network: lease.network }, lease.family, '')
    for (const one of book.under(space)) book.put(leaseKey(one), null)
  }
  book.put(key, null)
  return true
}

/**
 * Releases the addresses that a holder has on a network.
 * @example
 * releaseHolder(state, { project: 'shop', network: 'web' }, { project: 'shop', service: 'web-1', replica: 1 }).state
 * @public @since 0.1.0
 */
export const releaseHolder = (
  state: LeaseState,
  on: LeasingNetwork,
  holder: LeaseHolder,
): LeaseStep<null> => {
  const book = openBook(state)
  for (const family of families)
    for (const key of keysOfHolder(state, addressHolderKey(on, family, holder))) releaseLeaseIn(book, key)
  return book.close(null)
}

/**
 * Removes all addresses of a holder on a network, released ones too, as if they had never been leased.
 * @example
 * forgetHolder(state, { project: 'shop', network: 'web' }, { project: 'shop', service: 'web-1', replica: 1 }).state
 */
export const forgetHolder = (state: LeaseState, on: LeasingNetwork, holder: LeaseHolder): LeaseStep<null> => {
  const keys = families.flatMap((family) => [...keysOfHolder(state, addressHolderKey(on, family, holder))])
  return stepOf(
    write(
      state,
      keys.map((key): readonly [string, null] => [key, null]),
    ),
    null,
  )
}

/**
 * Forgets the addresses that a holder has released on a network, in each family in which it holds another one.
 * @example
 * forgetReleased(state, { project: 'shop', network: 'web' }, { project: 'shop', service: 'web-1', replica: 1 }).state
 */
export const forgetReleased = (
  state: LeaseState,
  on: LeasingNetwork,
  holder: LeaseHolder,
): LeaseStep<null> => {
  const gone = families.flatMap((family) => {
    const leases = keysOfHolder(state, addressHolderKey(on, family, holder)).flatMap((key) => {
      const lease = findLease(state, key)
      return lease?.kind === 'address' ? [{ key, isHeld: lease.released === null }] : []
    })
    return leases.some(({ isHeld }) => isHeld) ? leases.filter(({ isHeld }) => !isHeld) : []
  })
  return stepOf(
    write(
      state,
      gone.map(({ key }): readonly [string, null] => [key, null]),
    ),
    null,
  )
}

/**
 * Releases all leases of a project: subnets, addresses and ports. It leaves no trace of them.
 *
 * @param project - null: all leases of every project
 * @returns the number of leases that were held
 * @example
 * releaseProject(state, 'shop').state
 * @public @since 0.1.0
 */
export const releaseProject = (state: LeaseState, project: string | null): LeaseStep<number> => {
  const leases = listLeases(state)
  const own = leases.filter((lease) => project === null || belongsTo(lease, project))
  const held = own.filter((lease) => lease.kind !== 'address' || lease.released === null).length
  const gone = own.map((lease): readonly [string, Lease | null] => [leaseKey(lease), null])
  return stepOf(write(state, gone), held)
}

/**
 * Does the lease go with the project? Leases on networks of other projects go too: their trace would outlive the
 * project.
 */
const belongsTo = (lease: Lease, project: string): boolean => {
  if (lease.kind === 'subnet') return lease.project === project
  return lease.holder.project === project || (lease.kind === 'address' && lease.on.project === project)
}
