import { spawn } from 'node:child_process'
import { stopped } from './stopped.ts'
import { named } from './waiting.ts'

export interface RunOptions {
  readonly input?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /**
   * Milliseconds until SIGKILL. Default: 100 s for a program that is awaited at once, so that a hang fails with its
   * name.
   */
  readonly timeoutMs?: number
}

export interface RunOutcome {
  /** Null: a signal ended the program. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Longer than one program takes on a busy machine, and shorter than the time limit of a test. */
export const longestRunMs = 100_000

/** The options of a program with all defaults filled in. */
export const programOf = ({ input = '', environment, timeoutMs = longestRunMs }: RunOptions) => ({
  input,
  environment: { ...process.env, LC_ALL: 'C', ...environment },
  timeoutMs,
})

/** Runs a program to its end. A failure is an exit code, and not an exception. */
export const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunOutcome> =>
  start(argv, { timeoutMs: longestRunMs, ...options }).outcome

export interface Running {
  /** The end of the program. A test that exceeds its time limit while it awaits this names the program. */
  readonly outcome: Promise<RunOutcome>
  ended(): boolean
  /** The output so far. */
  printed(): string
  kill(signal: NodeJS.Signals): void
  /** Sends SIGSTOP, and resolves once no thread of the program runs. */
  stop(): Promise<void>
}

/**
 * Far longer than the time limit of a test. Within a test, a kill by this timeout would look like a fault of the
 * program.
 */
const longestStartedMs = 600_000

/** Starts a program, for tests that interrupt it. */
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

/** The command line, cut short because a word may be a whole script. */
const shortened = (argv: readonly string[]): string => {
  const text = argv.join(' ')
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}

const longestShown = 300

/** Runs a program and returns its standard output; throws unless it exits with 0. */
export const mustRun = async (argv: readonly string[], options: RunOptions = {}): Promise<string> =>
  printedBy(argv, options, await run(argv, options))

/**
 * The standard output of a program that has ended.
 * @throws Error where the exit code is not 0
 */
export const printedBy = (
  argv: readonly string[],
  { input = '' }: RunOptions,
  { exitCode, stdout, stderr }: RunOutcome,
): string => {
  if (exitCode === 0) return stdout
  throw new Error(`${argv.join(' ')} exited ${exitCode}:\n${stderr || stdout}\n${input}`)
}
