import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createConnection, Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { fromJson } from '../from-json.ts'

const folder = fileURLToPath(new URL('./agent', import.meta.url))

// The system's own Python without site packages starts in 15 ms. The Python of a virtual environment may be another
// version.
const python = ['/usr/bin/python3', '-B', '-S', '-E', folder] as const

// A test file opens one lab after another. Without this delay each lab would start a nursery again.
const idleMs = 1000

/** The program that forks agents: see agent/__main__.py. */
interface Nursery {
  readonly child: ChildProcess
  readonly socket: string
  /** The functions to call when an agent ends, by its process id, and the agents that ended before one was set. */
  readonly ends: Map<number, () => void>
  readonly ended: Set<number>
  readonly stderr: string[]
}

type Told = { readonly socket: string } | { readonly ended: number; readonly code: number }

/** The nursery does not keep this process alive. It ends when this process ends. */
const leaveAlone = (child: ChildProcessWithoutNullStreams): void => {
  child.unref()
  for (const stream of [child.stdin, child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref()
}

/** Starts the program and waits until it listens. */
const startNursery = (onClose: () => void): Promise<Nursery> =>
  new Promise((resolve, reject) => {
    const [program, ...words] = python
    const child = spawn(program, words, { env: { ...process.env, LC_ALL: 'C' } })
    const ends: Nursery['ends'] = new Map()
    const ended: Nursery['ended'] = new Set()
    const stderr: string[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
    child.stdin.on('error', () => {})
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = fromJson<Told>(line)
      if ('socket' in told) {
        leaveAlone(child)
        return resolve({ child, socket: told.socket, ends, ended, stderr })
      }
      const done = ends.get(told.ended)
      ends.delete(told.ended)
      if (done === undefined) ended.add(told.ended)
      else done()
    })
    child.on('error', reject)
    child.on('close', (code) => {
      onClose()
      reject(new Error(`the nursery of agents ended (${code}): ${stderr.join('').trim()}`))
      for (const done of ends.values()) done()
    })
  })

let current: Promise<Nursery> | null = null
let living = 0

const theNursery = (): Promise<Nursery> => {
  if (current !== null) return current
  const started: Promise<Nursery> = startNursery(() => {
    if (current === started) current = null
  })
  current = started
  return started
}

/** Ends the nursery when it has had no agent for `idleMs`. */
const endWhenIdle = (): void => {
  const nursery = current
  setTimeout(async () => {
    if (living > 0 || nursery === null || nursery !== current) return
    current = null
    ;(await nursery).child.stdin?.end()
  }, idleMs).unref()
}

/** A connection to a new agent that has been told its namespace. */
export interface Birth {
  readonly connection: Socket
  /** The errors that agents have printed about their own defects. */
  readonly complaints: () => string
  /** Waits until this process, and with it its namespace, has ended. */
  readonly endOf: (pid: number) => Promise<void>
  /** Counts the agent as ended. */
  readonly forget: () => void
}

/** Makes the nursery fork an agent, and sends the line that says which namespace the agent enters. */
export const askForAgent = async (what: Readonly<Record<string, unknown>>): Promise<Birth> => {
  living += 1
  const forget = (): void => {
    living -= 1
    if (living === 0) endWhenIdle()
  }
  try {
    const { socket, ends, ended, stderr, child } = await theNursery()
    const connection = createConnection(socket)
    connection.write(`${JSON.stringify(what)}\n`)
    return {
      connection,
      forget,
      complaints: () => stderr.join('').trim(),
      endOf: (pid) =>
        new Promise((resolve) => {
          if (ended.delete(pid) || child.exitCode !== null || child.signalCode !== null) return resolve()
          ends.set(pid, resolve)
        }),
    }
  } catch (error) {
    forget()
    throw error
  }
}
