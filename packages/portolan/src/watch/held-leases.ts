import { findLease, type Lease, type LeaseStore, leaseKey } from '@portolan/core'
import { leaseStoreIdentity, leaseStoreStamp, openLeaseStore } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { type LeasesKept, withKept } from '../leases/lease-again.ts'
import type { Plan } from '../plan/plan.ts'

/** The leases that a held project has by its plan, which outlive the file that they are in. */
export interface HeldLeases {
  /**
   * Notes what a plan has, once it is what is wanted.
   * @param isApplied - what it takes is taken as well
   */
  note(planned: Pick<Plan, 'leases'>, isApplied: boolean): void
  /**
   * Is one of them gone, as after the state directory was taken away? A file that is the same as it was when it had them all
   * is not read again.
   */
  areLost(): Promise<boolean>
  /**
   * Has another process given one of them up since this was asked last? A file that no transaction changed is not read
   * again.
   */
  areGivenUp(): Promise<boolean>
  /** Writes them down again, but for what another project has taken since. */
  takeAgain(): Promise<void>
  /** The leases of this host. It reads those that are lost too: what is planned without them would move what runs. */
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
  /** The file that had them all when it was read last; null: none was. */
  let whole: string | null = null
  /** The file, and its last transaction, that was looked through for what was given up. */
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
        // One that is damaged is not written in either.
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

/** Subnets first: one that is leased takes the addresses outside of it away. */
const leasesOf = (leases: Plan['leases'], isApplied: boolean): readonly Lease[] => {
  const { kept = [], changes = [] } = leases ?? {}
  const taken = isApplied ? changes.flatMap(({ after }) => after ?? []) : []
  const all = [...kept, ...taken].filter((lease) => lease.kind !== 'address' || lease.released === null)
  return all.sort((one, other) => rank(one) - rank(other))
}

/** An address that was given up is remembered until another endpoint needs it. */
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
