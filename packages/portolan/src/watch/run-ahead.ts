/** How many values may wait. After that the work pauses until one is taken. */
const MOST_WAITING = 1000

/**
 * Runs a generator ahead of its reader: it works even while no value is taken.
 * @param make - makes the generator; its signal is aborted when the reader leaves the loop
 */
export async function* runAhead<Value>(
  make: (signal: AbortSignal) => AsyncGenerator<Value, void>,
): AsyncGenerator<Value, void> {
  const left = new AbortController()
  const waiting: Value[] = []
  let ended = false
  let failure: unknown = null
  let wake = (): void => {}
  let room = (): void => {}
  const work = async (): Promise<void> => {
    try {
      for await (const value of make(left.signal)) {
        waiting.push(value)
        wake()
        if (waiting.length >= MOST_WAITING && !left.signal.aborted)
          await new Promise<void>((resolve) => {
            room = resolve
          })
      }
    } catch (error) {
      failure = error
    } finally {
      ended = true
      wake()
    }
  }
  const working = work()
  try {
    for (;;) {
      const next = waiting.shift()
      if (next !== undefined) {
        room()
        yield next
      } else if (ended) {
        if (failure !== null) throw failure
        return
      } else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    left.abort()
    room()
    await working
  }
}
