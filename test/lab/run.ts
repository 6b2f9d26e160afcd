import { spawn } from 'node:child_process'
import { stopped } from './stopped.ts'
import { named } from './waiting.ts'

export interface RunOptions {
  readonly input?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Sent SIGKILL after this long; default 100 s where its end is awaited, so that a hang is a failure with a name. */
  readonly timeoutMs?: number
}

export interface RunOutcome {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Longer than a busy machine takes for one program, and less than a test has. */
export const longestRunMs = 100_000

/** What a program is started with, whole. */
export const programOf = ({ input = '', environment, timeoutMs = longestRunMs }: RunOptions) => ({
  input,
  environment: { ...process.env, LC_ALL: 'C', ...environment },
  timeoutMs,
})

/** Runs a program to its end; whatever its exit code, that is a value. */
export const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunOutcome> =>
  start(argv, { timeoutMs: longestRunMs, ...options }).outcome

export interface Running {
  /** A test that runs into its limit while it awaits this says so. */
  readonly outcome: Promise<RunOutcome>
  ended(): boolean
  /** What it has printed so far. */
  printed(): string
  kill(signal: NodeJS.Signals): void
  /** SIGSTOP; resolves once none of its threads runs. */
  stop(): Promise<void>
}

/** Far longer than a test has: what ended a program in it would be taken for a fault of the program. */
const longestStartedMs = 600_000

/** Starts a program; for those that a test means to interrupt. */
export const start = (argv: readonly string[], options: RunOptions = {}): Running => {
  const [program = '', ...rest] = argv
  const { environment, timeoutMs, input } = programOf({ timeoutMs: longestStartedMs, ...options })
  const child = spawn(program, rest, {
    env: environment,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  let isOver = false
  const over = (): void => {
    isOver = true
  }
  const outcome = new Promise<RunOutcome>((resolve, reject) => {
    child.on('error', (error) => {
      stderr += error.message
      reject(error)
    })
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
  outcome.then(over, over)
  const printed = (): string => `${stdout}${stderr}`
  return {
    get outcome() {
      return isOver ? outcome : named(`the end of ${shortened(argv)}`, outcome, printed)
    },
    ended: () => isOver,
    printed,
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGSTOP')
      if (child.pid !== undefined) await stopped(child.pid)
    },
  }
}

/** A script may be among the words. */
const shortened = (argv: readonly string[]): string => {
  const text = argv.join(' ')
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}

const longestShown = 300

/** Runs a program that has to succeed. */
export const mustRun = async (argv: readonly string[], options: RunOptions = {}): Promise<string> =>
  printedBy(argv, options, await run(argv, options))

/**
 * What a program has printed.
 * @throws where it failed
 */
export const printedBy = (
  argv: readonly string[],
  { input = '' }: RunOptions,
  { exitCode, stdout, stderr }: RunOutcome,
): string => {
  if (exitCode === 0) return stdout
  throw new Error(`${argv.join(' ')} exited ${exitCode}:\n${stderr || stdout}\n${input}`)
}
