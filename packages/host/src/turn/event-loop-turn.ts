/** How long work may keep the event loop from its turn, in milliseconds: timers and other sockets wait meanwhile. */
const TURN_MS = 2

let turn = 0
/** The time at which this turn of the event loop was first asked for; null: not yet. */
let since: number | null = null

/** The number of this turn of the event loop. It changes once timers, sockets and files have had their turn. */
export const eventLoopTurn = (): number => {
  if (since !== null) return turn
  turn += 1
  since = performance.now()
  setImmediate(() => {
    since = null
  })
  return turn
}

/**
 * Tells whether work may go on without a turn of the event loop. If promises were fulfilled again and again without
 * one, the event loop would never have its turn.
 */
export const mayGoOn = (): boolean => {
  eventLoopTurn()
  return since !== null && performance.now() - since < TURN_MS
}

const fulfilled = Promise.resolve()

/**
 * Runs work when the current code comes to its next pause. `queueMicrotask` would do the same, but makes an object that
 * debuggers follow and binds a function to it, each time.
 */
export const atNextPause = (work: () => void): void => void fulfilled.then(work)
