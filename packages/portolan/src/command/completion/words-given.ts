/** What was given before the last word. */
export interface WordsGiven {
  readonly positionals: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
}
