import type { Monitor, Notice } from '@portolan/host'
import type { Clock } from './clock.ts'

/**
 * A bunch of notices ends after `quietMs` without a notice, and after `longestMs` at the latest. The kernel reports a
 * transaction of rules at once. It removes an interface in steps and waits between them.
 */
const ofRules = { quietMs: 5, longestMs: 50 }
const ofNetwork = { quietMs: 30, longestMs: 200 }

/** Notices that came together. */
export interface Bunch {
  readonly notices: readonly Notice[]
  /** When the first notice came, in milliseconds of the clock. */
  readonly since: number
}

/** Reads the notices of a monitor in bunches. */
export interface Gathering {
  /**
   * Returns the next bunch, once no notice comes for a moment.
   * @param untilMs - how long to wait for the first notice; after that the bunch is empty
   * @param sooner - ends that wait early
   * @returns null when the monitor has ended or the signal is aborted
   */
  next(untilMs: number, sooner?: Promise<unknown>): Promise<Bunch | null>
  /**
   * Returns the notices of all changes before the call, as far as they arrive within a second. The monitor's process
   * may be late on a busy machine.
   * @returns null when the monitor has ended or the signal is aborted
   */
  caughtUp(): Promise<Bunch | null>
}

const CAUGHT_UP_MS = 1000

/** The unanswered request to each monitor. A gathering that ends early leaves the answer to the next gathering. */
const unanswered = new WeakMap<Monitor, Reply<IteratorResult<Notice, undefined>>>()

export const gather = (monitor: Monitor, signal: AbortSignal, clock: Clock): Gathering => {
  const notice = (): Reply<IteratorResult<Notice, undefined>> => {
    const asked = unanswered.get(monitor) ?? replyOf(monitor.next())
    unanswered.set(monitor, asked)
    return asked
  }
  const within = async (ms: number, sooner: Promise<unknown> | null): Promise<Notice | 'late' | 'end'> => {
    const first = await firstOf(notice(), ms, sooner, signal, clock)
    if (first === 'late' || first === 'end') return first
    unanswered.delete(monitor)
    return first.done === true ? 'end' : first.value
  }
  return {
    next: async (untilMs, sooner) => {
      const first = await within(untilMs, sooner ?? null)
      if (first === 'end') return null
      const since = clock.now()
      if (first === 'late') return { notices: [], since }
      const notices = [first]
      for (;;) {
        const { quietMs, longestMs } = notices.every(({ kind }) => kind === 'rules') ? ofRules : ofNetwork
        const left = since + longestMs - clock.now()
        const more = left <= 0 ? 'late' : await within(Math.min(quietMs, left), null)
        if (more === 'late') return { notices, since }
        if (more === 'end') return null
        notices.push(more)
      }
    },
    caughtUp: async () => {
      const since = clock.now()
      const isThere = await firstOf(replyOf(monitor.caughtUp()), CAUGHT_UP_MS, null, signal, clock)
      if (isThere === 'end') return null
      const notices: Notice[] = []
      for (;;) {
        // `next` throws this error: its request is still unanswered.
        const one = await within(0, null).catch(() => 'late' as const)
        if (one === 'late') return { notices, since }
        if (one === 'end') return null
        notices.push(one)
      }
    },
  }
}

/**
 * A promise with one reaction, which calls what waits. While the kernel is quiet, one wait follows another on the same
 * request, and a promise keeps each reaction until it is settled.
 */
interface Reply<Value> {
  /** Calls back once the promise is settled, instead of the call of the last wait. */
  wait(settled: (value: Value) => void, failed: (error: unknown) => void): void
}

const replyOf = <Value>(promise: Promise<Value>): Reply<Value> => {
  let answer: ((settled: (value: Value) => void, failed: (error: unknown) => void) => void) | null = null
  let wake = (): void => {}
  const take = (one: typeof answer): void => {
    answer = one
    wake()
  }
  promise.then(
    (value) => take((settled) => settled(value)),
    (error: unknown) => take((_, failed) => failed(error)),
  )
  return {
    wait: (settled, failed) => {
      wake = () => answer?.(settled, failed)
      wake()
    },
  }
}

const firstOf = <Value>(
  value: Reply<Value>,
  ms: number,
  sooner: Promise<unknown> | null,
  signal: AbortSignal,
  clock: Clock,
): Promise<Value | 'late' | 'end'> => {
  if (signal.aborted) return Promise.resolve('end')
  return new Promise((resolve, reject) => {
    const settle = (outcome: Value | 'late' | 'end'): void => {
      callOff()
      signal.removeEventListener('abort', end)
      resolve(outcome)
    }
    const end = (): void => settle('end')
    const callOff = clock.after(ms, () => settle('late'))
    signal.addEventListener('abort', end, { once: true })
    value.wait(settle, (error) => {
      callOff()
      signal.removeEventListener('abort', end)
      reject(error)
    })
    void sooner?.then(() => settle('late'))
  })
}
