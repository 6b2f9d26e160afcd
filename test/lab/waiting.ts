/** Something that is awaited: a test that runs into its limit says what it waited for (test/suites/worker-realm.js). */
export interface Waiting {
  what(): string
  /** What is there in its place. */
  shows?(): unknown
}

const key = Symbol.for('portolan.waiting')

interface Realm {
  [key]?: Set<Waiting>
}

/** One set for the worker, whose environment reads it from outside of all suites. */
const realm = globalThis as Realm
const waiting = realm[key] ?? new Set<Waiting>()
realm[key] = waiting

/** @returns ends the wait */
export const nowWaiting = (one: Waiting): (() => void) => {
  waiting.add(one)
  return () => void waiting.delete(one)
}

/**
 * Awaits something by its name, such as the end of a program.
 * @param shows - what is there in its place
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
