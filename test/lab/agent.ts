import { createInterface } from 'node:readline'
import { fromJson } from '../from-json.ts'
import { askForAgent } from './nursery.ts'
import { named, nowWaiting } from './waiting.ts'

/** The agent of one network namespace: a process that keeps the namespace alive and obeys commands (agent/agent.py). */
export interface Agent extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** The agent's process id, which is also the handle of the namespace: `nsenter --net=/proc/PID/ns/net`. */
  readonly pid: number
  ask(operation: string, details?: Readonly<Record<string, unknown>>): Promise<unknown>
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** Leaves a program's environment out of a failure's text: it is long, and each program gets nearly the same one. */
const shownOf = ({ environment: _, ...rest }: Readonly<Record<string, unknown>>): object => rest

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
  const { connection, complaints, endOf, forget } = await named(
    `the nursery, for an agent of ${name}`,
    askForAgent({ setUp, joins }),
  )
  const waiting = new Map<number, (answer: Answer) => void>()
  let isOver = false
  // Commands to an agent that has ended fail by themselves (see `ask`). The socket's error adds nothing.
  connection.on('error', () => {})

  const born = new Promise<number>((resolve, reject) => {
    createInterface({ input: connection }).on('line', (line) => {
      const message = fromJson<Answer | { ready: number } | { failed: string }>(line)
      if ('ready' in message) return resolve(message.ready)
      if ('failed' in message)
        return reject(new Error(`the agent of ${name} cannot start: ${message.failed}`))
      const done = waiting.get(message.id)
      waiting.delete(message.id)
      if (waiting.size === 0) connection.unref()
      done?.(message)
    })
    connection.on('close', () => {
      isOver = true
      forget()
      const error = `the agent of ${name} ended: ${complaints()}`
      reject(new Error(error))
      for (const [id, done] of waiting) done({ id, error })
    })
  })
  const pid = await named(`the agent of ${name}`, born, complaints)

  // An idle lab must not keep the jest worker alive.
  connection.unref()

  let next = 0
  const ask: Agent['ask'] = (op, details = {}) =>
    new Promise((resolve, reject) => {
      const id = next++
      const asked = new Error()
      if (isOver) return reject(new Error(`the agent of ${name} has ended: ${complaints()}`))
      const done = nowWaiting({ what: () => `${name}: ${op} ${JSON.stringify(shownOf(details))}` })
      waiting.set(id, ({ value, error }) => {
        done()
        if (error === undefined) return resolve(value)
        asked.message = `${name}: ${error}`
        reject(asked)
      })
      connection.ref()
      connection.write(`${JSON.stringify({ ...details, id, op })}\n`)
    })

  const ended = endOf(pid)
  return {
    pid,
    ask,
    async [Symbol.asyncDispose]() {
      connection.ref()
      connection.end()
      await named(`the end of the agent of ${name}`, ended)
    },
  }
}
