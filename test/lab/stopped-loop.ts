import type { EventLoop } from '@portolan/core/after-silence'

/** An event loop that runs its timers only when a test calls `pass`. */
export interface StoppedLoop {
  readonly loop: EventLoop<() => void, NodeJS.Immediate>
  /** Runs all timers and returns their number. */
  readonly pass: () => number
}

export const stoppedLoop = (): StoppedLoop => {
  const due = new Set<() => void>()
  return {
    loop: {
      setTimeout: (work) => {
        due.add(work)
        return work
      },
      clearTimeout: (work) => void due.delete(work),
      setImmediate: (work) => setImmediate(work),
      clearImmediate: (turn) => clearImmediate(turn),
    },
    pass: () => {
      const now = [...due]
      due.clear()
      for (const work of now) work()
      return now.length
    },
  }
}
