import { emptyLeases, type LeaseState } from './lease-state.ts'
import type { LeaseStore } from './lease-store.ts'

/**
 * A store in the memory of its process: for tests, and for programs that keep leases themselves.
 *
 * @example
 * const store = memoryLeaseStore()
 * await store.transact((state) => acquireSubnet(state, lease))
 * @public @since 0.1.0
 */
export const memoryLeaseStore = (initial: LeaseState = emptyLeases): LeaseStore => {
  let state = initial
  return {
    read: async () => state,
    transact: async (operation) => {
      const step = operation(state)
      state = step.state
      return step.result
    },
    close: async () => {},
  }
}
