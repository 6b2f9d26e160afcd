import type { LeaseStore } from '@portolan/core'
import { defaultStateDirectory } from '@portolan/host'
import { type LiveHost, type OpenHostOptions, openHost, openLeaseStore } from 'portolan'

/** A host with the store of its leases, which a process opens once. */
export interface LeasedHost extends AsyncDisposable {
  readonly host: LiveHost
  readonly leases: LeaseStore
}

/** Opens a host as `openHost` does, and what is leased on it. */
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
