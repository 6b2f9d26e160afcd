import { spawn } from 'node:child_process'

export interface RunOptions {
  readonly input?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Sent SIGKILL after this long; default 60 s, so that a hang is a failure with a name. */
  readonly timeoutMs?: number
}

export interface RunOutcome {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end; whatever its exit code, that is a value. */
export const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunOutcome> =>
  start(argv, options).outcome

export interface Running {
  readonly outcome: Promise<RunOutcome>
  kill(signal: NodeJS.Signals): void
}

/** Starts a program; for those that a test means to interrupt. */
export const start = (argv: readonly string[], options: RunOptions = {}): Running => {
  const [program = '', ...rest] = argv
  const child = spawn(program, rest, {
    env: { ...process.env, LC_ALL: 'C', ...options.environment },
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
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
  child.stdin.end(options.input ?? '')
  const outcome = new Promise<RunOutcome>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
  return { outcome, kill: (signal) => void child.kill(signal) }
}

/** Runs a program that has to succeed. */
export const mustRun = async (argv: readonly string[], options: RunOptions = {}): Promise<string> => {
  const { exitCode, stdout, stderr } = await run(argv, options)
  if (exitCode !== 0) {
    throw new Error(`${argv.join(' ')} exited ${exitCode}:\n${stderr || stdout}\n${options.input ?? ''}`)
  }
  return stdout
}
