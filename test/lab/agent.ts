import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('./agent', import.meta.url))

// The system's own Python, without site packages: it starts in 15 ms, and a virtual environment's may differ.
const python = ['/usr/bin/python3', '-B', '-S', '-E', folder]

/** The process that is a network namespace: see agent/__main__.py. */
export interface Agent extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** Also the handle of the namespace: `nsenter --net=/proc/PID/ns/net`. */
  readonly pid: number
  ask(operation: string, details?: Readonly<Record<string, unknown>>): Promise<unknown>
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** Starts the agent: in a new network namespace, with a mount namespace of its own too, or in one that exists. */
const argvOf = (setUp: string | null, joins: string | null): readonly [string, readonly string[]] => {
  if (joins !== null) return ['nsenter', [`--net=${joins}`, '--', ...python]]
  const shell = ['--mount', '--', '/bin/sh', '-ec', `${setUp}\nexec ${python.join(' ')}`]
  return ['unshare', ['--net', ...(setUp === null ? ['--', ...python] : shell)]]
}

/**
 * Starts a process in a network namespace and waits until it listens to commands.
 * @param setUp - a shell script run first, in a mount namespace of its own; null: only the network is new
 * @param joins - the file of a network namespace that exists; null: a new one is made
 */
export const startAgent = async (
  name: string,
  setUp: string | null,
  joins: string | null = null,
): Promise<Agent> => {
  const [program, words] = argvOf(setUp, joins)
  const child = spawn(program, words)
  const waiting = new Map<number, (answer: Answer) => void>()
  const stderr: string[] = []
  const ended = once(child, 'close')
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
  // A command to an agent that is gone is answered below; the pipe's own complaint adds nothing.
  child.stdin.on('error', () => {})

  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as Answer | { ready: true }
      if ('ready' in message) return resolve()
      const done = waiting.get(message.id)
      waiting.delete(message.id)
      done?.(message)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const error = `the agent of ${name} ended (${code}): ${stderr.join('').trim()}`
      reject(new Error(error))
      for (const [id, done] of waiting) done({ id, error })
    })
  })
  await ready

  let next = 0
  const ask: Agent['ask'] = (op, details = {}) =>
    new Promise((resolve, reject) => {
      const id = next++
      const asked = new Error()
      waiting.set(id, ({ value, error }) => {
        if (error === undefined) return resolve(value)
        asked.message = `${name}: ${error}`
        reject(asked)
      })
      if (child.exitCode !== null || child.signalCode !== null) {
        waiting.delete(id)
        return reject(new Error(`the agent of ${name} has ended: ${stderr.join('').trim()}`))
      }
      child.stdin.write(`${JSON.stringify({ ...details, id, op })}\n`)
    })

  return {
    pid: child.pid ?? 0,
    ask,
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await ended
    },
  }
}
