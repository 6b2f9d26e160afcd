import { findLease, type Lease, type LeaseStore, leaseKey } from '@portolan/core'
import { leaseStoreIdentity, leaseStoreStamp, openLeaseStore } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { type LeasesKept, withKept } from '../leases/lease-again.ts'
import type { Plan } from '../plan/plan.ts'

/** The leases that the plan of a held project has. They outlive the lease file on disk. */
export interface HeldLeases {
  /**
   * Notes the leases of a plan once it becomes the desired state.
   * @param isApplied - the leases that the plan takes have been taken too
   */
  note(planned: Pick<Plan, 'leases'>, isApplied: boolean): void
  /**
   * Tells whether a lease is missing on disk, for example after the state directory was deleted. A file that had every
   * lease at the last read is not read again.
   */
  areLost(): Promise<boolean>
  /**
   * Tells whether another process gave up one of the leases since the last call. The file is read again only after a
   * transaction.
   */
  areGivenUp(): Promise<boolean>
  /** Writes the leases again, except those that another project has taken since. */
  takeAgain(): Promise<void>
  /** The leases of this host, including lost ones. A plan without the lost leases would move running containers. */
  readonly store: LeaseStore
}

/** @param directory - the state directory */
export const heldLeases = (directory: string): HeldLeases => {
  const withStore = async <Result>(work: (store: LeaseStore) => Promise<Result>): Promise<Result> => {
    const store = openLeaseStore(directory)
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  }
  let held: LeasesKept = { leases: [], tolerated: [] }
  /** The file that had every lease when it was last read; null: none. */
  let whole: string | null = null
  /** The file and its last transaction, as they were at the last search for given-up leases. */
  let looked: string | null = null
  return {
    note: ({ leases }, isApplied) => {
      held = { leases: leasesOf(leases, isApplied), tolerated: leases?.tolerated ?? [] }
    },
    areLost: async () => {
      const file = leaseStoreIdentity(directory)
      if (held.leases.length === 0 || (file !== null && file === whole)) return false
      if (file !== null) {
        const known = await readable(withStore((store) => store.read()))
        // A damaged file is not written to either, so it does not count as lost.
        if (known === null) return false
        if (held.leases.some((lease) => findLease(known, leaseKey(lease)) === null)) return true
        whole = file
        return false
      }
      return true
    },
    areGivenUp: async () => {
      const file = leaseStoreStamp(directory)
      if (file === null || file === looked) return false
      const known = await readable(withStore((store) => store.read()))
      looked = file
      return (
        known !== null && held.leases.some((lease) => isGivenUp(lease, findLease(known, leaseKey(lease))))
      )
    },
    takeAgain: async () => {
      await withStore((store) => store.transact((before) => withKept(before, held)))
      whole = leaseStoreIdentity(directory)
    },
    store: {
      read: async () => {
        const known = await withStore((store) => store.read())
        const file = leaseStoreIdentity(directory)
        return file !== null && file === whole ? known : withKept(known, held).state
      },
      transact: (operation) => withStore((store) => store.transact(operation)),
      close: async () => {},
    },
  }
}

/** The leases of a plan, subnets first. A leased subnet drops the addresses outside of it. */
const leasesOf = (leases: Plan['leases'], isApplied: boolean): readonly Lease[] => {
  const { kept = [], changes = [] } = leases ?? {}
  const taken = isApplied ? changes.flatMap(({ after }) => after ?? []) : []
  const all = [...kept, ...taken].filter((lease) => lease.kind !== 'address' || lease.released === null)
  return all.sort((one, other) => rank(one) - rank(other))
}

/** Tells whether a lease was given up. A released address stays in the file until another endpoint needs it. */
const isGivenUp = (lease: Lease, found: Lease | null): boolean =>
  found === null ||
  (found.kind === 'address' && found.released !== null) ||
  holderText(found) !== holderText(lease)

const holderText = (lease: Lease): string =>
  lease.kind === 'subnet' ? '' : `${lease.holder.project} ${lease.holder.service} ${lease.holder.replica}`

const rank = ({ kind }: Lease): number => (kind === 'subnet' ? 0 : 1)

const readable = async <Value>(reading: Promise<Value>): Promise<Value | null> => {
  try {
    return await reading
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
