/**
 * Something wrong at an offset of a short text. The reader of that text knows where the text itself stands, so
 * it is the reader that turns a mistake into an error with a line and a column.
 */
export interface Mistake {
  readonly kind: 'mistake'
  /** Counts UTF-16 units from 0. */
  readonly offset: number
  readonly message: string
  /** The text is sound, and there is more of it than is read. */
  readonly isExcess: boolean
}

export const mistake = (offset: number, message: string, isExcess = false): Mistake => ({
  kind: 'mistake',
  offset,
  message,
  isExcess,
})

export const isMistake = <T extends object>(value: T | Mistake): value is Mistake =>
  'kind' in value && value.kind === 'mistake'
