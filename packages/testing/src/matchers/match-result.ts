/**
 * What a matcher tells Jest or Vitest.
 * @public @since 0.1.0
 */
export interface MatchResult {
  readonly pass: boolean
  readonly message: () => string
}

/** Lines, each two columns further in. */
export const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')
