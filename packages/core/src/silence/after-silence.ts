/**
 * The timers and turns of an event loop, as Node has them: `globalThis` of a program.
 * @public @since 0.1.0
 */
export interface EventLoop<Timer, Turn> {
  setTimeout(work: () => void, ms: number): Timer
  clearTimeout(timer: Timer): void
  setImmediate(work: () => void): Turn
  clearImmediate(turn: Turn): void
}

/**
 * Calls back after a while in which nothing came, and gives what ends the wait.
 * @public @since 0.1.0
 */
export type AfterSilence = (ms: number, giveUp: () => void) => () => void

/**
 * Waits for silence on an event loop. Sockets are read once more before it is told: where this process had no processor
 * meanwhile, or computed, an answer may have come, and timers are run before sockets are read (libuv `uv_run`).
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
