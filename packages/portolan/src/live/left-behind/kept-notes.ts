import { emptyLeases, findLease, type LeaseStore, leaseKey } from '@portolan/core'
import { leaseStoreIdentity, leaseStoreStamp } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { heldLeases } from '../../leases/held-leases.ts'
import { withKept } from '../../leases/lease-again.ts'
import { heldNotes } from '../../watch/held-notes.ts'

/**
 * The notes and leases of a live project, besides its journal, as an open host knows them. They outlive the state
 * directory.
 * @public @since 0.1.0
 */
export interface KeptNotes {
  /**
   * Reads the records on disk, which are the known ones from now on.
   *
   * @param holdsNetworks - the project has networks; without any, the host's earlier values are put back, and their
   * notes may go
   * @returns true when some records are lost, as after the state directory was deleted
   */
  look(holdsNetworks: boolean): Promise<boolean>
  /** Writes the lost records again, except leases that another project has taken since. */
  takeAgain(): Promise<void>
}

/**
 * Keeps the notes and leases of a live project.
 * @param directory - the state directory
 * @param leases - the lease store in it; null: the leases are kept elsewhere
 */
export const keptNotes = (directory: string, project: string, leases: LeaseStore | null): KeptNotes => {
  let before = heldNotes(directory)
  /** The leases of the host at the last read. */
  let known = emptyLeases
  /** The file at the last read, and its last transaction; null: there was none. */
  let file: string | null = null
  let stamp: string | null = null
  const own = () => heldLeases(known, project)

  const areLeasesLost = async (): Promise<boolean> => {
    const now = leaseStoreStamp(directory)
    if (leases === null || (now !== null && now === stamp)) return false
    const place = leaseStoreIdentity(directory)
    const found = place === null ? emptyLeases : await readable(leases)
    // A damaged file is not written to either, so it does not count as lost.
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
