/** A logarithmic axis of whole decades. */
export interface LogAxis {
  /** Powers of ten, ascending. */
  readonly decades: readonly number[]
  /** The position of a value, between `from` and `to`. */
  readonly at: (value: number) => number
}

/** @param values - above 0. The axis covers all of them, and at least one decade */
export const logAxis = (values: readonly number[], from: number, to: number): LogAxis => {
  const least = Math.floor(Math.log10(Math.min(...values)))
  const most = Math.max(Math.ceil(Math.log10(Math.max(...values))), least + 1)
  return {
    decades: Array.from({ length: most - least + 1 }, (_, at) => 10 ** (least + at)),
    at: (value) => from + ((Math.log10(value) - least) / (most - least)) * (to - from),
  }
}
