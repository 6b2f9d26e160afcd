/** Has the disk keep what was written, once for all that is written meanwhile. */
export interface GatheredSync {
  /** What is written within some milliseconds is taken along. */
  later(): void
  /** Resolves when nothing is left to do; no more is waited for. */
  settled(): Promise<void>
}

/** How long what is written waits for more before the disk is asked to keep it: each time takes a thread. */
const GATHER_MS = 3

export const gatheredSync = (sync: () => Promise<void> | undefined): GatheredSync => {
  let syncing: Promise<void> | null = null
  /** Ends the wait for more to be written. */
  let hurry = (): void => {}
  const gather = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS)
      hurry = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  return {
    later: () => {
      syncing ??= gather().then(() => {
        syncing = null
        return sync()?.catch(() => undefined)
      })
    },
    settled: async () => {
      hurry()
      await syncing
    },
  }
}
