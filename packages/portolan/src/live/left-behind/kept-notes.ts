import { emptyLeases, findLease, type LeaseStore, leaseKey } from '@portolan/core'
import { leaseStoreIdentity, leaseStoreStamp } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { heldLeases } from '../../destroy/held-leases.ts'
import { withKept } from '../../leases/lease-again.ts'
import { heldNotes } from '../../watch/held-notes.ts'

/**
 * What the state directory has of a live project beside its journal, as an open host knows it: it outlives the directory.
 * @public @since 0.1.0
 */
export interface KeptNotes {
  /**
   * Looks at what is written down, which is known from now on.
   *
   * @param holdsNetworks - does the project have networks? While none has, what the host was before is put back
   * @returns is some of it gone, as after the state directory was taken away?
   */
  look(holdsNetworks: boolean): Promise<boolean>
  /** Writes it down again, but for leases that another project has taken since. */
  takeAgain(): Promise<void>
}

/**
 * @param directory - the state directory
 * @param leases - the store in it; null: they are kept elsewhere
 */
export const keptNotes = (directory: string, project: string, leases: LeaseStore | null): KeptNotes => {
  let before = heldNotes(directory)
  /** The leases of the host, as they were read last. */
  let known = emptyLeases
  /** The file that they were in, and its last transaction then; null: there was none. */
  let file: string | null = null
  let stamp: string | null = null
  const own = () => heldLeases(known, project)

  const areLeasesLost = async (): Promise<boolean> => {
    const now = leaseStoreStamp(directory)
    if (leases === null || (now !== null && now === stamp)) return false
    const place = leaseStoreIdentity(directory)
    const found = place === null ? emptyLeases : await readable(leases)
    // Nothing is written into one that is damaged.
    if (found === null) return false
    const isAnother = file !== null && place !== file
    if (isAnother && own().some((lease) => findLease(found, leaseKey(lease)) === null)) return true
    known = found
    file = place
    stamp = now
    return false
  }
  return {
    look: async (holdsNetworks) => {
      if (!holdsNetworks) before = heldNotes(directory)
      const areGone = await areLeasesLost()
      return (holdsNetworks && (await before.look())) || areGone
    },
    takeAgain: async () => {
      const kept = { leases: own(), tolerated: [] }
      await leases?.transact((now) => withKept(now, kept))
      file = leaseStoreIdentity(directory)
      await before.takeAgain()
    },
  }
}

const readable = async (leases: LeaseStore) => {
  try {
    return await leases.read()
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
