/**
 * Goes on with what is there now, or comes later. What is there now takes no promise: each one is noticed in what a port
 * takes.
 */
export const goOn = <Value, Result>(
  value: Value | Promise<Value>,
  work: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> => (isLater(value) ? value.then(work) : work(value))

/** What a caller's own object gives may be a promise of another realm. */
const isLater = <Value>(value: Value | Promise<Value>): value is Promise<Value> =>
  value instanceof Promise || (typeof value === 'object' && value !== null && 'then' in value)
