import { AsyncLocalStorage } from 'node:async_hooks'

/** One holding of the host's lock. */
interface Holding {
  isHeld: boolean
  /** The end of the last inner work: work that asked for the lock within this holding. */
  last: Promise<unknown>
}

const holding = new AsyncLocalStorage<Holding>()

/** How many works of this process hold the lock, or wait for inner work before they give it up. */
let running = 0

/** Tells whether the calling work itself holds the host's lock, and not only other work of this process. */
export const isHeldHere = (): boolean => holding.getStore()?.isHeld === true

/**
 * Runs work that holds the host's lock. A part that the work starts but does not await holds it only until the work
 * ends.
 */
export const whileHeld = async <T>(work: () => T | Promise<T>): Promise<T> => {
  const one: Holding = { isHeld: true, last: Promise.resolve() }
  running += 1
  try {
    return await holding.run(one, async () => work())
  } finally {
    one.isHeld = false
    // The lock is not given up while inner work still runs.
    await one.last
    running -= 1
    // Until this call each promise of this process carries the store (Node before 24).
    if (running === 0) holding.disable()
  }
}

/**
 * Runs inner work: work that asks for the lock within work that holds it. Inner works run one after another, because
 * they have to exclude each other.
 *
 * @returns null where the lock is not held here
 */
export const withinHeld = <T>(work: () => T | Promise<T>): Promise<T> | null => {
  const one = holding.getStore()
  if (one?.isHeld !== true) return null
  // `whileHeld` gives the inner work a queue of its own. In the outer queue, work that asks within it would wait for
  // itself.
  const turn = one.last.then(() => whileHeld(work))
  one.last = turn.catch(() => undefined)
  return turn
}
