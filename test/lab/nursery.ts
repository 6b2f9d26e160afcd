import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createConnection, Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('./agent', import.meta.url))

// The system's own Python, without site packages: it starts in 15 ms, and a virtual environment's may differ.
const python = ['/usr/bin/python3', '-B', '-S', '-E', folder] as const

// A file opens one lab after another: a nursery that ended in between would be started again for each.
const idleMs = 1000

/** The program that forks agents: see agent/__main__.py. */
interface Nursery {
  readonly child: ChildProcess
  readonly socket: string
  /** What waits for the end of an agent, by its process; and those that ended before. */
  readonly ends: Map<number, () => void>
  readonly ended: Set<number>
  readonly stderr: string[]
}

type Told = { readonly socket: string } | { readonly ended: number; readonly code: number }

/** It does not keep this process from its end, which ends it. */
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
      const told = JSON.parse(line) as Told
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

/** Ends the nursery when none of its agents has lived for a while. */
const endWhenIdle = (): void => {
  const nursery = current
  setTimeout(async () => {
    if (living > 0 || nursery === null || nursery !== current) return
    current = null
    ;(await nursery).child.stdin?.end()
  }, idleMs).unref()
}

/** A connection to an agent that is about to become what it was asked for. */
export interface Birth {
  readonly connection: Socket
  /** What agents have printed about their own defects. */
  readonly complaints: () => string
  /** Waits until this process has ended, and its namespace with it. */
  readonly endOf: (pid: number) => Promise<void>
  /** Says that the agent is no more. */
  readonly forget: () => void
}

/** Has an agent forked, and hands it the line that says what it is to be. */
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
