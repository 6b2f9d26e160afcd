import { plainStyle, type Style } from './style.ts'

/**
 * How a text for people is to look.
 * @internal
 */
export interface Look {
  readonly style: Style
  /** Cells in a line of the terminal. Infinity where lines are not broken: a pipe has no width, and `grep` reads lines. */
  readonly columns: number
  /** Every change is to be shown, and nothing cut off. */
  readonly rules: boolean
}

/**
 * Without colours, in lines as long as they are.
 * @internal
 */
export const plainLook: Look = { style: plainStyle, columns: Number.POSITIVE_INFINITY, rules: false }
