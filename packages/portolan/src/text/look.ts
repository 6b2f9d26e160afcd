import { plainStyle, type Style } from './style.ts'

/**
 * The look of a text for people.
 * @internal
 */
export interface Look {
  readonly style: Style
  /**
   * Cells in a line of the terminal. Infinity: lines are not broken, because a pipe has no width and `grep` reads whole
   * lines.
   */
  readonly columns: number
  /** Show every change, and cut nothing off. */
  readonly rules: boolean
}

/**
 * A look without colours and without broken lines.
 * @internal
 */
export const plainLook: Look = { style: plainStyle, columns: Number.POSITIVE_INFINITY, rules: false }
