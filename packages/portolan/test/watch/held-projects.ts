import type { Monitor, Notice } from '@portolan/host'
import { partOf } from '../../../../test/part-of.ts'
import type { Clock } from '../../src/watch/clock.ts'
import type { HeldProject } from '../../src/watch/held-project.ts'
import type { DriftChange } from '../../src/watch/host-event.ts'

export const change = (object: string): DriftChange => ({
  action: 'add',
  object,
  description: `Add ${object}.`,
})

/** A monitor without notices. */
export const silent = (): Monitor => {
  const next = (): Promise<IteratorResult<Notice, undefined>> => new Promise(() => {})
  const close = async (): Promise<void> => undefined
  return {
    next,
    caughtUp: close,
    close,
    [Symbol.asyncIterator]: () => ({ next }),
    [Symbol.asyncDispose]: close,
  }
}

export const heldWith = (found: readonly DriftChange[], repaired: readonly DriftChange[]): HeldProject => ({
  project: 'shop',
  backend: 'nftables',
  isUnchanged: async () => true,
  look: async () => found,
  repair: async () => repaired,
  conflicts: async () => [],
  desired: () => null,
  leases: async () => null,
})

/** A clock that jumps to the next timer when nothing else is left to do. */
export const jumpingClock = (): Clock => {
  let now = 0
  let calls: { readonly at: number; readonly call: () => void }[] = []
  let isJumping = false
  const jump = (): void => {
    const [next] = calls.toSorted((one, other) => one.at - other.at)
    isJumping = next !== undefined
    if (next === undefined) return
    calls = calls.filter((one) => one !== next)
    now = Math.max(now, next.at)
    next.call()
    setImmediate(jump)
  }
  return {
    now: () => now,
    date: () => new Date(now),
    after: (ms, call) => {
      const one = { at: now + ms, call }
      calls.push(one)
      if (!isJumping) setImmediate(jump)
      isJumping = true
      return () => {
        calls = calls.filter((other) => other !== one)
      }
    },
  }
}

/** A monitor that reports foreign rules so many times, at an interval of `everyMs`. */
export const busy = (clock: Clock, everyMs: number, times: number): Monitor => {
  const notice: Notice = partOf<Notice>({ kind: 'rules', process: null, tables: [] })
  let left = times
  const next = (): Promise<IteratorResult<Notice, undefined>> =>
    new Promise((resolve) => {
      left -= 1
      if (left >= 0) clock.after(everyMs, () => resolve({ done: false, value: notice }))
    })
  return { ...silent(), next, [Symbol.asyncIterator]: () => ({ next }) }
}
