import type { LeaseState, LeaseStep } from './lease-state.ts'

/**
 * Where leases are kept. Many processes use one store at once.
 * @public @since 0.1.0
 */
export interface LeaseStore {
  /** The leases as they are. */
  read(): Promise<LeaseState>
  /**
   * Changes leases: the operation sees the leases as they are, no other operation changes them before what it came to is
   * written, and once the promise is fulfilled that survives a crash. Where it throws, nothing is written.
   *
   * @param operation - pure and quick, since everybody else waits; may be run again
   * @returns the operation's `result`
   */
  transact<Result>(operation: (state: LeaseState) => LeaseStep<Result>): Promise<Result>
  close(): Promise<void>
}
