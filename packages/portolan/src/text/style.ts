/**
 * The ways to make a text stand out: colours on a terminal, nothing elsewhere.
 * @internal
 */
export interface Style {
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
}

const codes = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 }

/** @internal */
export const styleFor = (coloured: boolean): Style => {
  const wrap = (code: number) => (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text)
  return {
    red: wrap(codes.red),
    green: wrap(codes.green),
    yellow: wrap(codes.yellow),
    bold: wrap(codes.bold),
    dim: wrap(codes.dim),
  }
}

/** @internal */
export const plainStyle: Style = styleFor(false)
