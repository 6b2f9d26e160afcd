import type { LeaseState, LeaseStore } from '@portolan/core'
import { PermissionError } from '@portolan/netfilter'

/** The leases to plan with, and why there are none where they could not be read. */
export interface ReadLeases {
  /** Null: the plan is made without leases. */
  readonly state: LeaseState | null
  readonly unread: readonly string[]
}

/**
 * Reads the leases of a store. A store that this user may not read does not prevent a plan. A plan without leases may
 * differ from what apply will lease.
 *
 * @throws PortolanError `STATE` when the store is damaged or not ours
 * @internal
 */
export const readLeases = async (store: LeaseStore | null): Promise<ReadLeases> => {
  if (store === null) return { state: null, unread: [] }
  try {
    return { state: await store.read(), unread: [] }
  } catch (error) {
    if (!(error instanceof PermissionError)) throw error
    return {
      state: null,
      unread: [
        `The leases could not be read, so addresses may differ from those that are leased: ${error.message}`,
      ],
    }
  }
}
