import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunOutcome } from '../run.ts'

const server = fileURLToPath(new URL('command-server.cjs', import.meta.url))
const bundle = fileURLToPath(new URL('../../../packages/portolan/dist/bundle', import.meta.url))

/** As `run` has it for programs. */
const timeoutMs = 60_000

/** They read standard input, or go on until a signal ends them. */
const ownProcess = ['evaluate', 'watch', '--watch', 'docker-plugin']

/** The `portolan` command, loaded once for many command lines. */
export interface ResidentCommand extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** Its process; null before the first command line, or when it has ended. */
  readonly pid: number | null
  /** Runs a command line; null: this one needs a process of its own, or another one is under way. */
  run(words: readonly string[]): Promise<RunOutcome> | null
}

const commandsFile = (): string => {
  const found = readdirSync(bundle).find((name) => /^commands-.*\.cjs$/.test(name))
  if (found === undefined) throw new Error(`no commands in ${bundle}: run "node script/bundle.js"`)
  return join(bundle, found)
}

/**
 * Node takes longer to load the command than most command lines take. What a process keeps between them is what a program
 * that uses the library keeps.
 * @param inside - the argv that enters a machine
 */
export const residentCommand = (
  inside: readonly string[],
  environment: Readonly<Record<string, string>>,
): ResidentCommand => {
  let child: ChildProcess | null = null
  let ended: Promise<number | null> = Promise.resolve(null)
  let stderr = ''
  let isBusy = false
  const start = (): ChildProcess => {
    const [program = '', ...rest] = [...inside, process.execPath, server, commandsFile()]
    const started = spawn(program, rest, {
      env: { ...process.env, LC_ALL: 'C', ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    stderr = ''
    started.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    ended = new Promise((resolve, reject) => {
      started.on('error', reject)
      started.on('close', (exitCode) => {
        if (child === started) child = null
        resolve(exitCode)
      })
    })
    return started
  }
  const ask = async (words: readonly string[]): Promise<RunOutcome> => {
    child ??= start()
    const asked = child
    const answer = new Promise<RunOutcome>((resolve) => asked.once('message', resolve))
    asked.send(words)
    const late = setTimeout(() => asked.kill('SIGKILL'), timeoutMs)
    try {
      return await Promise.race([answer, ended.then((exitCode) => ({ exitCode, stdout: '', stderr }))])
    } finally {
      clearTimeout(late)
      asked.removeAllListeners('message')
    }
  }
  return {
    get pid() {
      return child?.pid ?? null
    },
    run: (words) => {
      if (isBusy || words.some((word) => ownProcess.includes(word) || word === '-')) return null
      isBusy = true
      return ask(words).finally(() => {
        isBusy = false
      })
    },
    [Symbol.asyncDispose]: async () => {
      child?.kill('SIGKILL')
      await ended
    },
  }
}
