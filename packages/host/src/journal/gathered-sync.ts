/** Syncs written bytes to the disk, with one sync for all writes of a few milliseconds. */
export interface GatheredSync {
  /** Asks for a sync some milliseconds from now. Bytes written until then are synced with it. */
  later(): void
  /** Starts a waiting sync at once, and resolves when nothing is left to sync. */
  settled(): Promise<void>
}

/** How long a sync waits for more writes. Each sync occupies a thread, so one sync serves several writes. */
const GATHER_MS = 3

export const gatheredSync = (sync: () => Promise<void> | undefined): GatheredSync => {
  let syncing: Promise<void> | null = null
  /** Ends the wait for more writes. */
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
