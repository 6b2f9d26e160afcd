/** The words before the last one. */
export interface WordsGiven {
  readonly positionals: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
}
