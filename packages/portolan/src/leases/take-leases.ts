import { commitLeases, type LeaseChange, type LeaseStore, revertLeases } from '@portolan/core'
import type { Plan } from '../plan/plan.ts'

/**
 * Takes the leases of a plan.
 *
 * @returns the changes that were made, for `giveLeasesBack`
 * @throws StaleStateError when a lease can no longer be had
 * @example
 * const done = await takeLeasesOf(store, planned.leases)
 * await giveLeasesBack(store, done)
 * @public @since 0.1.0
 */
export const takeLeasesOf = async (
  store: LeaseStore | null,
  leases: Plan['leases'],
): Promise<readonly LeaseChange[]> => {
  if (store === null || leases === null || leases.changes.length + leases.kept.length === 0) return []
  return store.transact((state) => {
    const step = commitLeases(state, leases)
    return { ...step, result: step.changes }
  })
}

/**
 * Undoes what `takeLeasesOf` did, except where something has been leased anew since.
 * @example
 * await giveLeasesBack(store, await takeLeasesOf(store, planned.leases))
 * @public @since 0.1.0
 */
export const giveLeasesBack = async (
  store: LeaseStore | null,
  done: readonly LeaseChange[],
): Promise<void> => {
  if (store === null || done.length === 0) return
  await store.transact((state) => revertLeases(state, done))
}
