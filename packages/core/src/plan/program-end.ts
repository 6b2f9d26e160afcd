import type { RunResult } from './runner.ts'

/**
 * How a program that failed came to its end, in its own words where it has any: a clause for a message.
 *
 * @returns the program's first line; how it ended where it said nothing, or a signal ended it
 * @example
 * programEnd({ exitCode: 3, stdout: '', stderr: '' }) // 'it exited with code 3 and said nothing'
 * @public @since 0.1.0
 */
export const programEnd = ({ exitCode, stderr }: RunResult): string => {
  const lines = stderr
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : [line.trim().replace(/\.$/, '')]))
  const [first] = lines
  if (isKilled({ exitCode })) return lines.at(-1) ?? `signal ${exitCode - 128} ended it`
  return first ?? `it exited with code ${exitCode} and said nothing`
}

/**
 * Whether a signal ended a program, so that its work may or may not be done.
 * @example
 * isKilled({ exitCode: 137 }) // true: SIGKILL
 * @public @since 0.1.0
 */
export const isKilled = ({ exitCode }: Pick<RunResult, 'exitCode'>): boolean => exitCode > 128
