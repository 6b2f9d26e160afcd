/** A logarithmic axis over whole decades. */
export interface LogAxis {
  /** Powers of ten, ascending. */
  readonly decades: readonly number[]
  /** Where a value stands, between `from` and `to`. */
  readonly at: (value: number) => number
}

/** @param values - above 0; all of them are on the axis, and a decade at least */
export const logAxis = (values: readonly number[], from: number, to: number): LogAxis => {
  const least = Math.floor(Math.log10(Math.min(...values)))
  const most = Math.max(Math.ceil(Math.log10(Math.max(...values))), least + 1)
  return {
    decades: Array.from({ length: most - least + 1 }, (_, at) => 10 ** (least + at)),
    at: (value) => from + ((Math.log10(value) - least) / (most - least)) * (to - from),
  }
}
