import type { LiveMachine } from '../live-machine.ts'

/**
 * The records of a live project in the state directory, which an open host keeps even when the directory is deleted.
 */
export interface KeptWritten {
  /** Reads the records. @returns true when some of them are lost */
  look(): Promise<boolean>
  /** Writes the lost records again. */
  takeAgain(): Promise<void>
}

export const keepWritten = ({
  wanted,
  notes,
  withLock,
}: Pick<LiveMachine, 'wanted' | 'notes' | 'withLock'>): KeptWritten => ({
  look: async () => {
    const areNotesLost = (await notes?.look(wanted.networks().length > 0)) ?? false
    return areNotesLost || wanted.isLost()
  },
  takeAgain: async () => {
    await notes?.takeAgain()
    // Under the lock, so that no other process removes the project meanwhile.
    await withLock(() => wanted.keep())
  },
})
