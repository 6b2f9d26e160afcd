/** So many may wait to be taken; the work waits with the next one. */
const MOST_WAITING = 1000

/**
 * A generator that works whether or not what it gives is taken at once.
 * @param make - of the signal that is aborted when the loop is left
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
