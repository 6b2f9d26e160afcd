/** Of the texts that come under a key, the one that came last, and the one that was taken. */
export interface HeldText<Read> {
  /** The text that came last. @throws what parsing throws */
  read(): Read
  /** @returns is it another text than the one before? */
  hear(text: string | null): boolean
  /** Remembers the text that was read last: it is in force with that backend. One that came since then may be wrong. */
  keep(backend: string): Promise<void>
  /** Is one remembered, as far as this knows? */
  isKept(): boolean
  /** Remembers again the text that is in force: what remembered it was lost, or it is in force with another backend. */
  keepAgain(backend: string): Promise<void>
}

/**
 * @param text - the first one
 * @param kept - what is remembered
 */
export const heldText = <Read>(
  text: string | null,
  kept: string | null,
  parse: (text: string | null) => Read,
  write: (text: string, read: Read, backend: string) => Promise<void>,
): HeldText<Read> => {
  let last = text
  let taken: { readonly text: string | null; readonly read: Read } | null = null
  let applied = kept
  /** With which backend it is remembered; null: not known. */
  let appliedWith: string | null = null
  const remember = async (one: string, read: Read, backend: string): Promise<void> => {
    await write(one, read, backend)
    applied = one
    appliedWith = backend
  }
  return {
    read: () => {
      const read = parse(last)
      taken = { text: last, read }
      return read
    },
    hear: (now) => {
      if (now === last) return false
      last = now
      return true
    },
    keep: async (backend) => {
      if (taken === null || taken.text === null) return
      if (taken.text !== applied || appliedWith !== backend) await remember(taken.text, taken.read, backend)
    },
    isKept: () => applied !== null,
    keepAgain: async (backend) => {
      if (applied !== null) await remember(applied, parse(applied), backend)
    },
  }
}
