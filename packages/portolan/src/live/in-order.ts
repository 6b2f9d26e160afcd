/**
 * Runs asynchronous work one after another, in the order it was handed in; a failure stops nothing behind it.
 * @internal
 */
export const inOrder = (): (<Result>(work: () => Promise<Result>) => Promise<Result>) => {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }
}
