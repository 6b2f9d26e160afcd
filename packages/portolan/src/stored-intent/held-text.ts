/** Of the texts that come under a key, the one that came last, and the one that was taken. */
export interface HeldText<Read> {
  /** The text that came last. @throws what parsing throws */
  read(): Read
  /** @returns is it another text than the one before? */
  hear(text: string | null): boolean
  /** Remembers the text that was read last: it is in force. One that came since then may be wrong. */
  keep(): Promise<void>
  /** Is one remembered, as far as this knows? */
  isKept(): boolean
  /** Remembers again the text that is in force: what remembered it was lost. */
  keepAgain(): Promise<void>
}

/**
 * @param text - the first one
 * @param kept - what is remembered
 */
export const heldText = <Read>(
  text: string | null,
  kept: string | null,
  parse: (text: string | null) => Read,
  write: (text: string, read: Read) => Promise<void>,
): HeldText<Read> => {
  let last = text
  let taken: { readonly text: string | null; readonly read: Read } | null = null
  let applied = kept
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
    keep: async () => {
      if (taken === null || taken.text === null || taken.text === applied) return
      const { text: now, read } = taken
      await write(now, read)
      applied = now
    },
    isKept: () => applied !== null,
    keepAgain: async () => {
      if (applied !== null) await write(applied, parse(applied))
    },
  }
}
