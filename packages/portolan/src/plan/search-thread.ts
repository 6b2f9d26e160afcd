import { once as nextEvent } from 'node:events'
import { createRequire as requireFrom } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Conflict } from '@portolan/core'
import { IntentError, PortolanError, type SourcePosition } from '@portolan/netfilter'
import { once } from '../lazy/once.ts'
import { isBriefSearch } from './is-brief-search.ts'
import { makePlan, type PlanInput } from './make-plan.ts'
import { withCommands } from './with-commands.ts'

/** Runs searches for conflicts in a thread of their own, unless they are brief. */
export interface SearchThread {
  /**
   * The conflicts that `makePlan` finds.
   * @throws PortolanError as `makePlan` does
   */
  conflicts(input: PlanInput): Promise<readonly Conflict[]>
  close(): Promise<void>
}

/** The thread's answer. */
type Answer = { readonly conflicts: readonly Conflict[] } | { readonly error: Thrown }

/** An error of the thread. With a `fault` it is an `IntentError`, and `place` tells the part of the text. */
interface Thrown {
  readonly code: string | null
  readonly message: string
  readonly fault: string | null
  readonly place: SourcePosition | null
}

/** The input without what cannot be sent to a thread: functions, and the lease store's notes on its last search. */
const plainInput = ({ present: _present, ownCommand: _ownCommand, ...input }: PlanInput) => ({
  ...input,
  leases: input.leases === null ? null : { ...input.leases, searched: null },
})

const restoredError = ({ code, message, fault, place }: Thrown): Error => {
  if (fault !== null) return new IntentError(fault, place)
  return code === null ? new Error(message) : new PortolanError(code, message)
}

/** The program of the thread. It is plain JavaScript and loads the pure part of this package. */
const program = `
const { parentPort, workerData } = require('node:worker_threads')
const loading = import(workerData)
parentPort.on('message', async (input) => {
  try {
    const { makePlan, lowerRules } = await loading
    const { conflicts } = makePlan({ ...input, present: () => lowerRules(input.surrounding ?? input.rules) })
    parentPort.postMessage({ conflicts })
  } catch (error) {
    const { code = null, message, fault = null, source, line, column } = error
    const place = line == null ? null : { source, line, column }
    parentPort.postMessage({ error: { code, message, fault, place } })
  }
})
`

/** The file of the pure part; null when this code was bundled into one file. */
const builtLibrary = (): string | null => {
  try {
    // It has another name here, because the banner of a bundle often imports `createRequire` by its own.
    return requireFrom(import.meta.url).resolve('portolan/machine')
  } catch {
    return null
  }
}

/** @returns null when the system has no thread to give now (a limit on processes) */
const start = (library: string): Worker | null => {
  try {
    // Node's options for this process (`--input-type`, `--inspect`) must not reach the thread.
    const thread = new Worker(program, { eval: true, workerData: pathToFileURL(library).href, execArgv: [] })
    thread.unref()
    return thread
  } catch {
    return null
  }
}

/**
 * Opens a thread for searches. It starts with the first search that is not brief, and keeps the code it has loaded. A
 * search among thousands of ports and rules takes seconds, and a watched host must be repaired meanwhile.
 * @param library - the file of the pure part of this package; null: there is none, and this thread searches
 * @param isBrief - tells which searches this thread makes itself
 */
export const openSearchThread = (
  library: () => string | null = builtLibrary,
  isBrief: (input: PlanInput) => boolean = isBriefSearch,
): SearchThread => {
  const file = once(library)
  let thread: Worker | null = null
  let last: Promise<unknown> = Promise.resolve()
  const begin = (from: string): Worker | null => {
    const begun = start(from)
    // A thread that ended between two searches would never answer, so the next search starts another.
    begun
      ?.on('error', () => {})
      .once('exit', () => {
        if (thread === begun) thread = null
      })
    return begun
  }
  const ask = async (input: PlanInput, from: string): Promise<Answer | null> => {
    thread ??= begin(from)
    const asked = thread
    if (asked === null) return null
    const ending = new AbortController()
    const { signal } = ending
    try {
      asked.postMessage(plainInput(input))
      const ended = nextEvent(asked, 'exit', { signal }).then(() => {
        throw new PortolanError('CLOSED', 'The search for conflicts was ended before it had found all.')
      })
      const [answer] = await Promise.race([nextEvent(asked, 'message', { signal }), ended])
      return answer as Answer
    } catch (error) {
      if (thread === asked) thread = null
      void asked.terminate()
      throw error
    } finally {
      ending.abort()
    }
  }
  return {
    conflicts: async (input) => {
      const from = isBrief(input) ? null : file()
      if (from === null) return makePlan(input).conflicts
      const asking = last.then(() => ask(input, from))
      last = asking.catch(() => undefined)
      const answer = await asking
      if (answer === null) return makePlan(input).conflicts
      if ('conflicts' in answer) return answer.conflicts.map((one) => withCommands(one, input))
      throw restoredError(answer.error)
    },
    close: async () => {
      await thread?.terminate()
      thread = null
    },
  }
}
