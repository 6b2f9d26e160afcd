import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

/** The output of a program, and how the program ended. */
export interface Ended {
  /** The exit code; null: a signal ended the program. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

interface SpawnWhole {
  readonly environment: NodeJS.ProcessEnv
  /** A descriptor that the program reads its input from; null: it has no input. */
  readonly input: number | null
  /** The descriptors that the program inherits in addition to its standard streams. */
  readonly inherits: readonly number[]
  /** The most characters of output. A program that prints more is killed. */
  readonly mostCharacters: number
}

/**
 * Starts a program and waits until it and its output have ended.
 * @throws the error of the kernel where the program could not be started; an error with code `ENOBUFS` where it printed
 * too much
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

/**
 * Collects the text of a stream.
 * @returns a function that gives the text that came until its call
 */
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
