import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { longestRunMs, type RunOutcome } from '../run.ts'
import { nowWaiting } from '../waiting.ts'

/** A process that does one thing after the other, as it is asked in messages. */
export interface ResidentProcess extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** Null before the first thing, or when it has ended. */
  readonly pid: number | null
  /** Null: it is at another one. */
  ask(asked: readonly string[] | object): Promise<RunOutcome> | null
}

/**
 * V8 would share the collection of garbage among threads, which costs processor time to be done sooner. Here all processors
 * are busy with other suites, so it is not done sooner.
 */
const collectAlone = '--single-threaded-gc'

/**
 * @param inside - the argv that enters a machine
 * @param program - a module for Node that answers each message with a `RunOutcome`, and its arguments
 */
export const residentProcess = (
  inside: readonly string[],
  program: () => readonly string[],
  environment: Readonly<Record<string, string>>,
): ResidentProcess => {
  let child: ChildProcess | null = null
  let ended: Promise<number | null> = Promise.resolve(null)
  let stderr = ''
  let isBusy = false
  const start = (): ChildProcess => {
    const [first = '', ...rest] = [...inside, process.execPath, collectAlone, ...program()]
    const started = spawn(first, rest, {
      env: { ...process.env, LC_ALL: 'C', ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    // One that nothing is asked of does not keep the worker from its end.
    started.unref()
    started.channel?.unref()
    if (started.stderr instanceof Socket) started.stderr.unref()
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
  const outcomeOf = async (message: readonly string[] | object): Promise<RunOutcome> => {
    child ??= start()
    const asked = child
    const answer = new Promise<RunOutcome>((resolve) => asked.once('message', resolve))
    asked.send(message)
    const done = nowWaiting({ what: () => `the answer to ${JSON.stringify(message)}`, shows: () => stderr })
    const late = setTimeout(() => {
      stderr += `no answer in ${longestRunMs / 1000} s`
      asked.kill('SIGKILL')
    }, longestRunMs)
    try {
      return await Promise.race([answer, ended.then((exitCode) => ({ exitCode, stdout: '', stderr }))])
    } finally {
      clearTimeout(late)
      done()
      asked.removeAllListeners('message')
    }
  }
  return {
    get pid() {
      return child?.pid ?? null
    },
    ask: (message) => {
      if (isBusy) return null
      isBusy = true
      return outcomeOf(message).finally(() => {
        isBusy = false
      })
    },
    [Symbol.asyncDispose]: async () => {
      child?.kill('SIGKILL')
      await ended
    },
  }
}
