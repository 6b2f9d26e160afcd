import { AsyncLocalStorage } from 'node:async_hooks'

/** One taking of the host's lock. */
interface Holding {
  isHeld: boolean
}

const holding = new AsyncLocalStorage<Holding>()

/** How many works have the lock, or wait for its return, in this process. */
let running = 0

/** Does the work that calls this have the host's lock already, and not only other work of this process? */
export const isHeldHere = (): boolean => holding.getStore()?.isHeld === true

/** Does a work that has the host's lock. What it begins and does not wait for has the lock no longer than the work. */
export const whileHeld = async <T>(work: () => T | Promise<T>): Promise<T> => {
  const one: Holding = { isHeld: true }
  running += 1
  try {
    return await holding.run(one, async () => work())
  } finally {
    one.isHeld = false
    running -= 1
    // Until then each promise of this process carries it (Node before 24).
    if (running === 0) holding.disable()
  }
}
