import type { LiveMachine } from '../live-machine.ts'

/** What is written down of a live project, which an open host keeps while the state directory is there or not. */
export interface KeptWritten {
  /** Looks at it. @returns is some of it lost? */
  look(): Promise<boolean>
  /** Writes down again what is lost. */
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
    // No other process removes the project meanwhile.
    await withLock(() => wanted.keep())
  },
})
