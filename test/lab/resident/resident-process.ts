import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { longestRunMs, type RunOutcome } from '../run.ts'
import { nowWaiting } from '../waiting.ts'

/** A process that handles one message after the other. */
export interface ResidentProcess extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** Null before the first message, and after the process has ended. */
  readonly pid: number | null
  /** Sends a message; null: the process is busy with another one. */
  ask(asked: readonly string[] | object): Promise<RunOutcome> | null
}

interface Answer extends RunOutcome {
  /** True: the process ends after this answer. */
  readonly isLast?: true
}

/**
 * V8 shares garbage collection among threads: more processor time in all, but an earlier end. Other suites keep all
 * processors busy, so here nothing would end earlier.
 */
const collectAlone = '--single-threaded-gc'

/**
 * @param inside - the argv that enters a machine
 * @param program - a Node module that answers each message with a `RunOutcome`, and its arguments
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
    // An idle process must not keep the jest worker alive.
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
    const answer = new Promise<Answer>((resolve) => asked.once('message', resolve))
    asked.send(message)
    const done = nowWaiting({ what: () => `the answer to ${JSON.stringify(message)}`, shows: () => stderr })
    const late = setTimeout(() => {
      stderr += `no answer in ${longestRunMs / 1000} s`
      asked.kill('SIGKILL')
    }, longestRunMs)
    try {
      const end = ended.then((exitCode): Answer => ({ exitCode, stdout: '', stderr }))
      const { isLast = false, ...outcome } = await Promise.race([answer, end])
      // The next message needs a new process.
      if (isLast) await ended
      return outcome
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
