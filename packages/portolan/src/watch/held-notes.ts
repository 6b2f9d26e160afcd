import { isDeepStrictEqual } from 'node:util'
import { emptyState, type HostState, readState, withHostLock, writeState } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { isSameFix } from '../plan/fix-change.ts'

/** The notes of host values to put back, as a process that holds a project knows them. They outlive the state file. */
export interface HeldNotes {
  /**
   * Reads the notes on disk, which are the known ones from now on.
   *
   * @returns true when the notes of sysctls and tables are lost, as after the state directory was deleted. No process
   * puts these values back while the project is there, so missing notes are lost ones
   */
  look(): Promise<boolean>
  /** Writes the known notes again, together with notes made since. */
  takeAgain(): Promise<void>
}

/** @param directory - the state directory */
export const heldNotes = (directory: string): HeldNotes => {
  let known = emptyState
  return {
    look: async () => {
      const now = await readable(directory)
      // A damaged file is not written over either, so it does not count as lost.
      if (now === null) return false
      if (hasAny(known) && !hasAnyOf(now, known)) return true
      known = now
      return false
    },
    takeAgain: () =>
      withHostLock(async () => {
        const now = await readState(directory)
        const both = mergeNotes(known, now)
        if (!isDeepStrictEqual(both, now)) await writeState(directory, both)
        known = both
      }),
  }
}

const hasAny = ({ sysctls, created }: HostState): boolean => Object.keys(sysctls).length + created.length > 0

/**
 * Tells whether one known note is still there. Another apply may drop single notes, for example of a removed interface.
 */
const hasAnyOf = (now: HostState, known: HostState): boolean =>
  Object.keys(known.sysctls).some((name) => Object.hasOwn(now.sysctls, name)) ||
  known.created.some((one) => now.created.some((other) => isDeepStrictEqual(one, other)))

/**
 * Joins known and newer notes. A newer note describes the host as it is now. Only newer notes of owed connections stay,
 * because the repairs have forgotten the earlier connections.
 */
const mergeNotes = (known: HostState, now: HostState): HostState => ({
  sysctls: { ...known.sysctls, ...now.sysctls },
  created: [
    ...known.created,
    ...now.created.filter((one) => !known.created.some((other) => isDeepStrictEqual(one, other))),
  ],
  attributes: { ...known.attributes, ...now.attributes },
  fixes: [...known.fixes.filter((one) => !now.fixes.some((other) => isSameFix(one, other))), ...now.fixes],
  owed: now.owed,
})

const readable = async (directory: string): Promise<HostState | null> => {
  try {
    return await readState(directory)
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
