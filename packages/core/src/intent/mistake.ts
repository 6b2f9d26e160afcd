/**
 * A mistake at an offset of a short text. Only the reader of the text knows where it stands in a file. So the reader
 * turns a mistake into an error with line and column.
 */
export interface Mistake {
  readonly kind: 'mistake'
  /** Counts UTF-16 units from 0. */
  readonly offset: number
  readonly message: string
  /** The text is valid, but longer than the bound. */
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
