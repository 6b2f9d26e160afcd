import type { Notice } from './notice.ts'

/** A queue of notices. */
export interface NoticeQueue {
  push(notice: Notice): void
  /** Ends the queue. The waiting notices are still given, then the error, once. After that there are none. */
  end(error?: Error): void
  /** Ends the queue and drops the waiting notices. */
  drop(): void
  next(): Promise<IteratorResult<Notice, undefined>>
}

interface Waiter {
  readonly resolve: (result: IteratorResult<Notice, undefined>) => void
  readonly reject: (error: Error) => void
}

/**
 * @param most - how many notices may wait; one more, and a single `lost` replaces them all
 * @param onWaiting - called with true when a first call waits for a notice, and with false when none waits any more
 */
export const openNoticeQueue = (most: number, onWaiting: (isWaiting: boolean) => void): NoticeQueue => {
  let notices: Notice[] = []
  const waiters: Waiter[] = []
  let ended = false
  let failure: Error | null = null

  const settle = (settleOne: (waiter: Waiter) => void): void => {
    const all = waiters.splice(0)
    if (all.length === 0) return
    onWaiting(false)
    for (const waiter of all) settleOne(waiter)
  }

  const end = (error?: Error): void => {
    if (ended) return
    ended = true
    failure = error ?? null
    settle(({ resolve, reject }) => {
      if (failure === null) resolve({ done: true, value: undefined })
      else reject(failure)
      failure = null
    })
  }

  return {
    push: (notice) => {
      if (ended) return
      const waiter = waiters.shift()
      if (waiter !== undefined) {
        if (waiters.length === 0) onWaiting(false)
        waiter.resolve({ done: false, value: notice })
        return
      }
      // Of two `lost` notices in a row the later one covers both.
      if (notice.kind === 'lost' && notices.at(-1)?.kind === 'lost') notices.pop()
      notices.push(notice)
      if (notices.length > most)
        notices = [
          { kind: 'lost', reason: `More than ${most} notices waited to be taken, and were dropped.` },
        ]
    },
    end,
    drop: () => {
      notices = []
      failure = null
      end()
    },
    next: () => {
      const notice = notices.shift()
      if (notice !== undefined) return Promise.resolve({ done: false, value: notice })
      if (failure !== null) {
        const error = failure
        failure = null
        return Promise.reject(error)
      }
      if (ended) return Promise.resolve({ done: true, value: undefined })
      return new Promise((resolve, reject) => {
        waiters.push({ resolve, reject })
        if (waiters.length === 1) onWaiting(true)
      })
    },
  }
}
