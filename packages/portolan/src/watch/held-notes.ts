import { isDeepStrictEqual } from 'node:util'
import { emptyState, type HostState, readState, withHostLock, writeState } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { isSameFix } from '../plan/fix-change.ts'

/**
 * What has to be put back once nothing of ours is on the host, as a process that holds a project knows it: it outlives the
 * file that it is in.
 */
export interface HeldNotes {
  /**
   * Looks at what is written down, which is known from now on.
   *
   * @returns is what was known of sysctls and tables gone, as after the state directory was taken away? Of a project that
   * is there nothing takes it back, so it is lost then
   */
  look(): Promise<boolean>
  /** Writes it down again, beside what was noted since. */
  takeAgain(): Promise<void>
}

/** @param directory - the state directory */
export const heldNotes = (directory: string): HeldNotes => {
  let known = emptyState
  return {
    look: async () => {
      const now = await readable(directory)
      // One that is damaged is not written over either.
      if (now === null) return false
      if (hasAny(known) && !hasAnyOf(now, known)) return true
      known = now
      return false
    },
    takeAgain: () =>
      withHostLock(async () => {
        const now = await readState(directory)
        const both = together(known, now)
        if (!isDeepStrictEqual(both, now)) await writeState(directory, both)
        known = both
      }),
  }
}

const hasAny = ({ sysctls, created }: HostState): boolean => Object.keys(sysctls).length + created.length > 0

/** Another apply may drop single ones: of an interface that is gone, say. */
const hasAnyOf = (now: HostState, known: HostState): boolean =>
  Object.keys(known.sysctls).some((name) => Object.hasOwn(now.sysctls, name)) ||
  known.created.some((one) => now.created.some((other) => isDeepStrictEqual(one, other)))

/** What was noted since is about what is there now. Connections that were to be forgotten were so by the repairs. */
const together = (known: HostState, now: HostState): HostState => ({
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
