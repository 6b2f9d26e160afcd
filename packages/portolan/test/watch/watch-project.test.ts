import { expect, test } from '@jest/globals'
import { PortolanError } from '@portolan/netfilter'
import type { HeldProject } from '../../src/watch/held-project.ts'
import { watchProject } from '../../src/watch/watch-project.ts'
import { busy, change, heldWith, jumpingClock, silent } from './held-projects.ts'

test('a watch whose signal is aborted already looks at nothing, and one that is aborted by a look repairs nothing', async () => {
  const done: string[] = []
  const ending = new AbortController()
  const held: HeldProject = {
    ...heldWith([], []),
    look: async () => {
      done.push('look')
      ending.abort()
      return [change('a')]
    },
    repair: async () => {
      done.push('repair')
      return []
    },
    conflicts: async () => {
      done.push('search')
      return []
    },
  }
  for await (const event of watchProject(held, silent(), { signal: AbortSignal.abort() }))
    done.push(event.kind)
  expect(done).toEqual([])
  for await (const event of watchProject(held, silent(), { signal: ending.signal })) done.push(event.kind)
  expect(done).toEqual(['look'])
})

test('a host that reports no change is looked at every 30 seconds', async () => {
  const clock = jumpingClock()
  const looks: number[] = []
  const ended = new AbortController()
  const held: HeldProject = {
    ...heldWith([], []),
    look: async () => {
      if (looks.push(clock.now()) === 3) ended.abort()
      return []
    },
  }
  for await (const _event of watchProject(held, silent(), { signal: ended.signal }, clock));
  expect(looks).toEqual([0, 30_000, 60_000])
})

test('a search for conflicts is not begun while changes go on', async () => {
  const clock = jumpingClock()
  const searches: number[] = []
  const ended = new AbortController()
  const held: HeldProject = {
    ...heldWith([], []),
    isUnchanged: async () => false,
    conflicts: async () => {
      searches.push(clock.now())
      if (searches.length === 2) ended.abort()
      return []
    },
  }
  for await (const _event of watchProject(held, busy(clock, 100, 10), { signal: ended.signal }, clock));
  // One search at first, and one 150 ms after the tenth change.
  expect(searches).toEqual([0, expect.closeTo(1155, -1)])
})

test('a search that fails again and again is tried in longer and longer intervals', async () => {
  const clock = jumpingClock()
  const searches: number[] = []
  const waits: (number | null)[] = []
  const ended = new AbortController()
  const held: HeldProject = {
    ...heldWith([], []),
    conflicts: async () => {
      if (searches.push(clock.now()) === 4) ended.abort()
      throw new PortolanError('CLUSTER_EXHAUSTED', 'No block is free.')
    },
  }
  for await (const event of watchProject(held, silent(), { signal: ended.signal }, clock))
    if (event.kind === 'failed') waits.push(event.retryMs)
  // It is reported once it lasts, and once.
  expect(waits).toEqual([4000])
  expect(searches).toEqual([0, 1000, 3000, 7000])
})

/** A watch whose looks fail for so long after the first, while another program changes rules again and again. */
const watchFailing = async (
  forMs: number,
  { everyMs, times }: { readonly everyMs: number; readonly times: number },
  error: (now: number) => string = () => 'The rules cannot be read.',
  code = 'INSPECT',
) => {
  const clock = jumpingClock()
  const ended = new AbortController()
  const looks: number[] = []
  let firstFailure: number | null = null
  const held: HeldProject = {
    ...heldWith([], []),
    isUnchanged: async () => false,
    look: async () => {
      const now = clock.now()
      if (looks.push(now) === 1) return []
      firstFailure ??= now
      if (now - firstFailure < forMs) throw new PortolanError(code, error(now - firstFailure))
      if (now > 200_000) ended.abort()
      return []
    },
  }
  const told: string[] = []
  for await (const event of watchProject(held, busy(clock, everyMs, times), { signal: ended.signal }, clock))
    told.push(event.kind === 'failed' ? `${event.error.message} ${event.retryMs}` : event.kind)
  return { told, looks }
}

test('a fault that passes while another program is at work is not reported', async () => {
  const { told, looks } = await watchFailing(2500, { everyMs: 100, times: 40 })
  expect(told).toEqual(['watching'])
  expect(looks.length).toBeGreaterThan(12)
})

test('a fault that lasts is reported once, and its end too', async () => {
  const { told } = await watchFailing(100_000, { everyMs: 100, times: 200 })
  expect(told).toEqual(['watching', expect.stringMatching(/^The rules cannot be read\. \d+$/), 'watching'])
})

test.each(['LOCKED', 'XTABLES_LOCKED'])(
  'a lock that was waited for to no avail (%s) is reported at once',
  async (code) => {
    const { told } = await watchFailing(
      1000,
      { everyMs: 100, times: 1 },
      () => 'Another process has the lock.',
      code,
    )
    expect(told).toEqual(['watching', 'Another process has the lock. 1000', 'watching'])
  },
)

test('a fault that changes is reported anew', async () => {
  const { told } = await watchFailing(100_000, { everyMs: 100, times: 1 }, (now) =>
    now < 20_000 ? 'a' : 'b',
  )
  expect(told).toEqual(['watching', 'a 4000', expect.stringMatching(/^b \d+$/), 'watching'])
})

test('tries that changes of the host cause do not lengthen the wait for the next one', async () => {
  const { looks } = await watchFailing(100_000, { everyMs: 10, times: 50 })
  const first = looks[1] ?? Number.NaN
  // The changes end after half a second. Later tries have no other cause.
  const later = looks.map((at) => at - first).filter((after) => after > 600)
  expect(later.slice(0, 3)).toEqual([1000, 3000, 7000])
})

test('what another program takes away during a search for conflicts is repaired before the search has ended', async () => {
  const clock = jumpingClock()
  const ended = new AbortController()
  let endSearch = (): void => {}
  let looks = 0
  const held: HeldProject = {
    ...heldWith([], []),
    isUnchanged: async () => false,
    look: async () => {
      looks += 1
      return looks === 2 ? [change('a')] : []
    },
    conflicts: () =>
      new Promise((resolve) => {
        endSearch = () => resolve([])
      }),
  }
  const told: string[] = []
  for await (const event of watchProject(held, busy(clock, 100, 1), { signal: ended.signal }, clock)) {
    told.push(event.kind)
    if (event.kind === 'drift') ended.abort()
  }
  endSearch()
  expect(told).toEqual(['watching', 'drift'])
})

test('what the kernel does not tell is looked at and searched at once, and followed until the watch ends', async () => {
  const listeners = new Set<() => void>()
  const done: string[] = []
  const ending = new AbortController()
  const held: HeldProject = {
    ...heldWith([], []),
    look: async () => {
      done.push('look')
      return []
    },
    conflicts: async () => {
      done.push('search')
      if (done.filter((one) => one === 'search').length === 2) ending.abort()
      else for (const changed of listeners) changed()
      return []
    },
    follow: (changed) => {
      listeners.add(changed)
      return () => void listeners.delete(changed)
    },
  }
  for await (const _event of watchProject(held, silent(), { signal: ending.signal }, jumpingClock()));
  expect(done).toEqual(['look', 'search', 'look', 'search'])
  expect(listeners.size).toBe(0)
})

test('a watch goes on where it cannot be asked whether its own rules are as they were, and looks', async () => {
  const clock = jumpingClock()
  const ended = new AbortController()
  let looks = 0
  const held: HeldProject = {
    ...heldWith([], []),
    isUnchanged: async () => {
      throw new PortolanError('NETLINK', 'no answer')
    },
    look: async () => {
      looks += 1
      if (looks === 2) ended.abort()
      return []
    },
  }
  for await (const _event of watchProject(held, busy(clock, 100, 1), { signal: ended.signal }, clock));
  // Long before the regular check.
  expect(clock.now()).toBeLessThan(1000)
})
