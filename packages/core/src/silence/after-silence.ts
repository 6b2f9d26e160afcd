/**
 * The timers and turns of an event loop with Node's signatures, such as `globalThis` has them.
 * @public @since 0.1.0
 */
export interface EventLoop<Timer, Turn> {
  setTimeout(work: () => void, ms: number): Timer
  clearTimeout(timer: Timer): void
  setImmediate(work: () => void): Turn
  clearImmediate(turn: Turn): void
}

/**
 * Calls `giveUp` after `ms` milliseconds without an answer, and returns a function that ends the wait.
 * @public @since 0.1.0
 */
export type AfterSilence = (ms: number, giveUp: () => void) => () => void

/**
 * Waits for silence on an event loop. Sockets are read once more before `giveUp` is called. If this process was busy or
 * had no processor meanwhile, an answer may be waiting, and the event loop runs timers before it reads sockets (libuv
 * `uv_run`).
 *
 * @example
 * const afterSilence: AfterSilence = silenceOn<NodeJS.Timeout, NodeJS.Immediate>(globalThis)
 * const answered = afterSilence(5_000, () => console.error('no answer'))
 * answered()
 * @public @since 0.1.0
 */
export const silenceOn =
  <Timer, Turn>(loop: EventLoop<Timer, Turn>): AfterSilence =>
  (ms, giveUp) => {
    let last: { readonly turn: Turn } | null = null
    const timer = loop.setTimeout(() => {
      last = { turn: loop.setImmediate(giveUp) }
    }, ms)
    return () => {
      loop.clearTimeout(timer)
      if (last !== null) loop.clearImmediate(last.turn)
    }
  }
