import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

/** What a program printed, and how it ended. */
export interface Ended {
  /** Null where a signal ended it. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

interface SpawnWhole {
  readonly environment: NodeJS.ProcessEnv
  /** A descriptor to read from; null: there is nothing to read. */
  readonly input: number | null
  /** Descriptors that it inherits beside its standard streams. */
  readonly inherits: readonly number[]
  /** More than this is no output: the program is ended. */
  readonly mostCharacters: number
}

/**
 * Starts a program and waits for its end and that of its output.
 * @throws the error of the kernel where it could not be started, and one of code `ENOBUFS` where it printed too much
 */
export const spawnWhole = (
  command: string,
  words: readonly string[],
  { environment, input, inherits, mostCharacters }: SpawnWhole,
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      env: environment,
      stdio: [input ?? 'ignore', 'pipe', 'pipe', ...inherits],
    })
    const refuseLong = (): void => {
      child.kill('SIGKILL')
      const error = new Error(`it printed more than ${mostCharacters} characters`)
      reject(Object.assign(error, { code: 'ENOBUFS' }))
    }
    const [stdout, stderr] = [child.stdout, child.stderr].map((stream) =>
      gather(stream, mostCharacters, refuseLong),
    )
    child.on('error', reject)
    child.on('close', (exitCode, signal) =>
      resolve({ exitCode, signal, stdout: stdout?.() ?? '', stderr: stderr?.() ?? '' }),
    )
  })

/** @returns what gives all that came by then */
const gather = (stream: ChildProcess['stdout'], most: number, refuseLong: () => void): (() => string) => {
  const parts: string[] = []
  let length = 0
  const take = (text: string): void => {
    parts.push(text)
    length += text.length
    if (length > most) refuseLong()
  }
  ;(stream as Readable | null)?.setEncoding('utf8').on('data', take)
  return () => parts.join('')
}
