import type { LeaseStore } from '@portolan/core'
import { defaultStateDirectory, openLeaseStore } from '@portolan/host'
import { nullOr, type OptionKinds } from '@portolan/netfilter/schema'
import { folderValue, leaseStoreValue } from '../arguments/value-kinds.ts'

/**
 * The place of the leases, as every operation takes it.
 * @example
 * const options: LeaseOptions = { leases: openLeaseStore('/var/lib/portolan') }
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { backend: 'nftables', ...options })
 * await options.leases?.close()
 * @public @since 0.1.0
 */
export interface LeaseOptions {
  /** The folder of the lease store and of old sysctl values; by default `/var/lib/portolan` for root. */
  readonly stateDirectory?: string
  /**
   * A lease store in place of the one in `stateDirectory`. The operation does not close it. Null: no leases are kept.
   */
  readonly leases?: LeaseStore | null
}

/** @internal */
export const leaseKinds: OptionKinds<LeaseOptions> = {
  stateDirectory: folderValue,
  leases: nullOr(leaseStoreValue),
}

/**
 * Runs `work` with the store that the options name. A store that was opened for this is closed afterwards.
 * @internal
 */
export const withLeaseStore = async <Result>(
  { leases, stateDirectory }: LeaseOptions,
  work: (store: LeaseStore | null) => Promise<Result>,
): Promise<Result> => {
  if (leases !== undefined) return work(leases)
  const store = openLeaseStore(stateDirectory ?? defaultStateDirectory())
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
