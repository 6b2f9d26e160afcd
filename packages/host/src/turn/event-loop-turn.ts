/** How long work may go on that leaves the event loop no turn: timers and other sockets wait meanwhile. */
const TURN_MS = 2

let turn = 0
/** When this turn of the event loop was first asked for; null: not yet. */
let since: number | null = null

/** A number for this turn of the event loop: it is another one once timers, sockets and files have had their turn. */
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
 * May something be done without the event loop? Where promises are fulfilled so again and again, it would never have a
 * turn.
 */
export const mayGoOn = (): boolean => {
  eventLoopTurn()
  return since !== null && performance.now() - since < TURN_MS
}

const fulfilled = Promise.resolve()

/**
 * Has something done when the code that runs now comes to its next pause. As `queueMicrotask`, which makes an object that
 * debuggers follow, and binds a function to it, each time.
 */
export const atNextPause = (work: () => void): void => void fulfilled.then(work)
