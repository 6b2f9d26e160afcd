import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Programs of ours end far sooner on an idle machine. Some peers take longer and pass a limit of their own. */
const LIMIT_MS = 60_000

/** Runs a program and throws unless it succeeds. */
export const runProgram = (
  words: readonly string[],
  input = '',
  environment: NodeJS.ProcessEnv = {},
  limitMs: number = LIMIT_MS,
): string => {
  const [program = '', ...rest] = words
  const { status, stdout, stderr, error } = spawnSync(program, rest, {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: limitMs,
    env: { ...process.env, LC_ALL: 'C', ...environment },
  })
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT')
    throw new Error(`took more than ${limitMs / 1000} s`)
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${words.join(' ')} exited with ${status}: ${stderr || stdout}`)
  return stdout
}

/** The first of these paths that exists; null: none does. */
export const findProgram = (places: readonly (string | undefined)[]): string | null =>
  places.find((place) => place !== undefined && existsSync(place)) ?? null
