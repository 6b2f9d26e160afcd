/**
 * Calls back after a while in which nothing came. Sockets are read once more before it: where this process had no processor
 * meanwhile, or computed, an answer may have come, and timers are run before sockets are read (libuv `uv_run`).
 *
 * @returns what ends the wait
 */
export const afterSilence = (ms: number, giveUp: () => void): (() => void) => {
  let last: NodeJS.Immediate | undefined
  const timer = setTimeout(() => {
    last = setImmediate(giveUp)
  }, ms)
  return () => {
    clearTimeout(timer)
    clearImmediate(last)
  }
}
