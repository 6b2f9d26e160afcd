import { AsyncLocalStorage } from 'node:async_hooks'

/** One taking of the host's lock. */
interface Holding {
  isHeld: boolean
  /** The end of the last work within it that asked for the lock too. */
  last: Promise<unknown>
}

const holding = new AsyncLocalStorage<Holding>()

/** How many works have the lock, or wait for its return, in this process. */
let running = 0

/** Does the work that calls this have the host's lock already, and not only other work of this process? */
export const isHeldHere = (): boolean => holding.getStore()?.isHeld === true

/** Does a work that has the host's lock. What it begins and does not wait for has the lock no longer than the work. */
export const whileHeld = async <T>(work: () => T | Promise<T>): Promise<T> => {
  const one: Holding = { isHeld: true, last: Promise.resolve() }
  running += 1
  try {
    return await holding.run(one, async () => work())
  } finally {
    one.isHeld = false
    // The lock is not given up under work that asked for it within this one.
    await one.last
    running -= 1
    // Until then each promise of this process carries it (Node before 24).
    if (running === 0) holding.disable()
  }
}

/**
 * Does a work that asks for the lock within one that has it: after others that do so, as two of them have to exclude each
 * other.
 *
 * @returns null where the lock is not held here
 */
export const withinHeld = <T>(work: () => T | Promise<T>): Promise<T> | null => {
  const one = holding.getStore()
  if (one?.isHeld !== true) return null
  // Of its own, so that what asks within it waits for none of these.
  const turn = one.last.then(() => whileHeld(work))
  one.last = turn.catch(() => undefined)
  return turn
}
