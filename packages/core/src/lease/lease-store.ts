import type { LeaseState, LeaseStep } from './lease-state.ts'

/**
 * Where leases are kept. Many processes use one store at once.
 * @example
 * const leases: LeaseStore = openLeaseStore('/var/lib/portolan')
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables', leases })
 * p.addresses[0]?.address // '172.17.0.1'
 * await leases.close()
 * @public @since 0.1.0
 */
export interface LeaseStore {
  /** The leases as they are. */
  read(): Promise<LeaseState>
  /**
   * Changes leases. The operation sees the leases as they are, and no other operation changes them before its result is
   * written. Once the promise is fulfilled the result survives a crash. If the operation throws, nothing is written.
   *
   * @param operation - pure and quick, since everybody else waits; may be run again
   * @returns the operation's `result`
   */
  transact<Result>(operation: (state: LeaseState) => LeaseStep<Result>): Promise<Result>
  close(): Promise<void>
}
