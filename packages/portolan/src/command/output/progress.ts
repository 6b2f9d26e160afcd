import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

/** A line on a terminal that says what the command waits for. */
export interface Progress {
  /** Takes the line away, if it is there. */
  end(): void
}

/** The longest wait without a line, in milliseconds. */
const PATIENCE_MS = 1000

/** Back to the first column, and erase to the end (ECMA-48, EL). */
const erased = '\r\u001b[K'

/** The values of `state`. They say whether the line is there, and which thread may write. */
const waiting = 0
const writing = 1
const shown = 2
const ended = 3

/**
 * The program of a separate thread. A plan of thousands of ports keeps the main thread busy, and no timer would run
 * there. It is plain JavaScript, because the bundle has no file for it.
 */
const threadText = `
const { workerData } = require('node:worker_threads')
const { writeSync } = require('node:fs')
const state = new Int32Array(workerData.state)
if (Atomics.wait(state, 0, ${waiting}, ${PATIENCE_MS}) === 'timed-out' &&
    Atomics.compareExchange(state, 0, ${waiting}, ${writing}) === ${waiting}) {
  writeSync(2, workerData.text)
  Atomics.store(state, 0, ${shown})
  Atomics.notify(state, 0)
}
`

/**
 * Says what the command waits for, once that takes longer than a second.
 * @param text - one line, in characters that a terminal may be sent
 */
export const showProgress = (text: string): Progress => {
  const shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const state = new Int32Array(shared)
  startThread({ state: shared, text })
  return {
    end: () => {
      const before = Atomics.compareExchange(state, 0, waiting, ended)
      Atomics.notify(state, 0)
      if (before === waiting || before === ended) return
      // The thread is writing, which takes a short time.
      Atomics.wait(state, 0, writing)
      if (Atomics.exchange(state, 0, ended) === shown) writeSync(2, erased)
    },
  }
}

/** Where no thread can be had, only the line is missing. Node throws that error, or reports it by an event. */
const startThread = (workerData: unknown): void => {
  try {
    const thread = new Worker(threadText, { eval: true, workerData, stdin: false })
    thread.on('error', () => {})
    thread.unref()
  } catch {}
}
