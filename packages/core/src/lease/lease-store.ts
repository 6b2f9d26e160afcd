import type { LeaseState, LeaseStep } from './lease-state.ts'

/**
 * The storage of leases. Many processes use one store at once.
 * @example
 * const leases: LeaseStore = openLeaseStore('/var/lib/portolan')
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables', leases })
 * p.addresses[0]?.address // '172.17.0.1'
 * await leases.close()
 * @public @since 0.1.0
 */
export interface LeaseStore {
  /** Reads the present leases. */
  read(): Promise<LeaseState>
  /**
   * Changes leases. The operation sees the present leases, and no other operation changes them before its result is
   * written. Once the promise is fulfilled, the result survives a crash. If the operation throws, nothing is written.
   *
   * @param operation - pure and quick, because every other writer waits; it may run more than once
   * @returns the operation's `result`
   */
  transact<Result>(operation: (state: LeaseState) => LeaseStep<Result>): Promise<Result>
  close(): Promise<void>
}
