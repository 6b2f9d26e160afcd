/**
 * The result of a matcher, for Jest or Vitest.
 * @public @since 0.1.0
 */
export interface MatchResult {
  readonly pass: boolean
  readonly message: () => string
}

/** Indents each line by two columns. */
export const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')
