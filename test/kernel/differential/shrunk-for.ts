/**
 * A check that is made as often as fast-check is told, however long that takes, and whose failure is shrunk for so long at
 * most. `interruptAfterTimeLimit` ends a run that has no processor too, and leaves what it was at to go on beside the next.
 */
export const shrunkFor = <Value>(
  longestMs: number,
  check: (value: Value) => Promise<void>,
): ((value: Value) => Promise<void>) => {
  let late: AbortSignal | null = null
  return async (value) => {
    // What is not made any more passes, so that the smallest failure until then is told.
    if (late?.aborted === true) return
    try {
      await check(value)
    } catch (error) {
      late ??= AbortSignal.timeout(longestMs)
      throw error
    }
  }
}
