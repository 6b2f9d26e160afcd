import type { LeaseStore } from '@portolan/core'
import { defaultStateDirectory } from '@portolan/host'
import { type LiveHost, type OpenHostOptions, openHost, openLeaseStore } from 'portolan'

/** A host with its lease store, which one process opens only once. */
export interface LeasedHost extends AsyncDisposable {
  readonly host: LiveHost
  readonly leases: LeaseStore
}

/** Opens a host like `openHost`, and the lease store of the host. */
export const openLeased = async (options: OpenHostOptions): Promise<LeasedHost> => {
  const leases = openLeaseStore(options.state ?? defaultStateDirectory())
  try {
    const host = await openHost({ ...options, leases })
    return {
      host,
      leases,
      [Symbol.asyncDispose]: async () => {
        try {
          await host.close()
        } finally {
          await leases.close()
        }
      },
    }
  } catch (error) {
    await leases.close()
    throw error
  }
}
