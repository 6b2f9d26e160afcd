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
