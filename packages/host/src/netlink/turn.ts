/** How long work may go on that leaves the event loop no turn: timers and other sockets wait meanwhile. */
const TURN_MS = 2

/** When such work was first done in this turn of the event loop; null: not yet. */
let since: number | null = null

/**
 * May something be done without the event loop? Where promises are fulfilled so again and again, it would never have a
 * turn.
 */
export const mayGoOn = (): boolean => {
  const now = performance.now()
  if (since !== null) return now - since < TURN_MS
  since = now
  setImmediate(() => {
    since = null
  })
  return true
}
