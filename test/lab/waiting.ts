/** An event that a test awaits. A test that exceeds its time limit names it (test/suites/worker-realm.js). */
export interface Waiting {
  what(): string
  /** The present state, instead of the event. */
  shows?(): unknown
}

const key = Symbol.for('portolan.waiting')

interface Realm {
  [key]?: Set<Waiting>
}

/** One set for the worker. The worker's jest environment reads it from outside the suites. */
const realm = globalThis as Realm
const waiting = realm[key] ?? new Set<Waiting>()
realm[key] = waiting

/** @returns a function that ends the wait */
export const nowWaiting = (one: Waiting): (() => void) => {
  waiting.add(one)
  return () => void waiting.delete(one)
}

/**
 * Awaits a promise under a name, such as the end of a program.
 * @param shows - the present state, instead of the event
 */
export const named = async <Value>(
  what: string,
  promise: Promise<Value>,
  shows: () => unknown = () => undefined,
): Promise<Value> => {
  const done = nowWaiting({ what: () => what, shows })
  try {
    return await promise
  } finally {
    done()
  }
}
