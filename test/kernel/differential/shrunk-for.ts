/**
 * Limits only the shrinking of a failure, to so many milliseconds. The check runs as often as fast-check wants, however
 * long that takes. `interruptAfterTimeLimit` would also end a run that had no processor, and leave its check running
 * beside the next one.
 */
export const shrunkFor = <Value>(
  longestMs: number,
  check: (value: Value) => Promise<void>,
): ((value: Value) => Promise<void>) => {
  let late: AbortSignal | null = null
  return async (value) => {
    // After the limit all further checks pass, so that fast-check reports the smallest failure so far.
    if (late?.aborted === true) return
    try {
      await check(value)
    } catch (error) {
      late ??= AbortSignal.timeout(longestMs)
      throw error
    }
  }
}
