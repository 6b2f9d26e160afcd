/**
 * Goes on with what is there now, or comes later. What is there now takes no promise: each one is noticed in what a port
 * takes.
 */
export const goOn = <Value, Result>(
  value: Value | Promise<Value>,
  work: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> => (value instanceof Promise ? value.then(work) : work(value))
