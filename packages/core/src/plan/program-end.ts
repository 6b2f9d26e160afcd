import type { RunResult } from './runner.ts'

/**
 * Says how a failed program ended, in its own words if it has any: a clause for a message.
 *
 * @returns the first line of its stderr; where a signal ended it, the last line; where it said nothing, its exit code
 * or signal
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
 * Did a signal end a program? Then its work may or may not be done.
 * @example
 * isKilled({ exitCode: 137 }) // true: SIGKILL
 * @public @since 0.1.0
 */
export const isKilled = ({ exitCode }: Pick<RunResult, 'exitCode'>): boolean => exitCode > 128
