import { expect, test } from '@jest/globals'
import type { Monitor, Notice } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { partOf } from '../../../../test/part-of.ts'
import type { Clock } from '../../src/watch/clock.ts'
import type { HeldProject } from '../../src/watch/held-project.ts'
import type { DriftChange } from '../../src/watch/host-event.ts'
import { watchProject } from '../../src/watch/watch-project.ts'

const change = (object: string): DriftChange => ({ action: 'add', object, description: `Add ${object}.` })

/** A monitor without notices. */
const silent = (): Monitor => {
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

const heldWith = (found: readonly DriftChange[], repaired: readonly DriftChange[]): HeldProject => ({
  project: 'shop',
  backend: 'nftables',
  isUnchanged: async () => true,
  look: async () => found,
  repair: async () => repaired,
  conflicts: async () => [],
  desired: () => null,
  leases: async () => null,
})

test('what was changed between the look and its repair is told with it, each once', async () => {
  const held = heldWith([change('a'), change('b')], [change('b'), change('c')])
  const events: unknown[] = []
  for await (const event of watchProject(held, silent(), { once: true })) events.push(event)
  expect(events).toMatchObject([
    { kind: 'drift', outcome: 'repaired', changes: [change('a'), change('b'), change('c')] },
    { kind: 'watching' },
  ])
})

test('what was told before is tried again without a word', async () => {
  const failing = async (): Promise<never> => {
    throw new PortolanError('INTENT', 'network theirs is missing')
  }
  const held = { ...heldWith([change('a')], []), repair: failing, conflicts: failing }
  const told = async (one: HeldProject): Promise<readonly string[]> => {
    const kinds: string[] = []
    for await (const { kind } of watchProject(one, silent(), { once: true })) kinds.push(kind)
    return kinds
  }
  expect(await told(held)).toEqual(['failed'])
  expect(await told({ ...held, wasReported: () => true })).toEqual([])
  const searching = { ...heldWith([], []), conflicts: failing }
  expect(await told(searching)).toEqual(['watching', 'failed'])
  expect(await told({ ...searching, wasReported: () => true })).toEqual(['watching'])
})

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

/** A clock that jumps to the next timer when nothing else is left to do. */
const jumpingClock = (): Clock => {
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
const busy = (clock: Clock, everyMs: number, times: number): Monitor => {
  const notice: Notice = partOf<Notice>({ kind: 'rules', process: null, tables: [] })
  let left = times
  const next = (): Promise<IteratorResult<Notice, undefined>> =>
    new Promise((resolve) => {
      left -= 1
      if (left >= 0) clock.after(everyMs, () => resolve({ done: false, value: notice }))
    })
  return { ...silent(), next, [Symbol.asyncIterator]: () => ({ next }) }
}

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
      searches.push(clock.now())
      throw new PortolanError('CLUSTER_EXHAUSTED', 'No block is free.')
    },
  }
  for await (const event of watchProject(held, silent(), { signal: ended.signal }, clock)) {
    if (event.kind === 'failed' && waits.push(event.retryMs) === 4) ended.abort()
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000])
  expect(searches).toEqual([0, 1000, 3000, 7000])
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

test('what has to be changed as something else is wanted by now is no quarrel with another program', async () => {
  const listeners = new Set<() => void>()
  const ending = new AbortController()
  let repairs = 0
  const held: HeldProject = {
    ...heldWith([change('chain a')], []),
    repair: async () => {
      repairs += 1
      if (repairs === 8) ending.abort()
      // Another host of the cluster has one more block.
      else for (const changed of listeners) changed()
      return []
    },
    follow: (changed) => {
      listeners.add(changed)
      changed()
      return () => void listeners.delete(changed)
    },
  }
  const told: string[] = []
  for await (const event of watchProject(held, silent(), { signal: ending.signal }, jumpingClock()))
    told.push(event.kind)
  expect(told).not.toContain('contended')
  expect(repairs).toBe(8)
})

test('what others change while repairs pause is looked at and repaired as soon as the pause is over', async () => {
  const clock = jumpingClock()
  const ending = new AbortController()
  let isDamaged = false
  const monitor = busy(clock, 200, 5)
  const damaging: Monitor = {
    ...monitor,
    next: async () => {
      const told = await monitor.next()
      isDamaged = true
      return told
    },
  }
  const repairs: number[] = []
  const pauseEnds: number[] = []
  const held: HeldProject = {
    ...heldWith([], []),
    isUnchanged: async () => !isDamaged,
    look: async () => (isDamaged ? [change('chain a')] : []),
    repair: async () => {
      isDamaged = false
      repairs.push(clock.now())
      if (repairs.length === 5) ending.abort()
      return []
    },
  }
  for await (const event of watchProject(held, damaging, { signal: ending.signal }, clock))
    if (event.kind === 'contended') pauseEnds.push(clock.now() + event.pauseMs)
  expect(repairs).toHaveLength(5)
  expect(repairs[4]).toBe(pauseEnds[0])
})

test('what changed behind a look, and is told with what the look found, is looked at and repaired at once', async () => {
  for (const check of [false, true]) {
    const clock = jumpingClock()
    const ended = new AbortController()
    const events: unknown[] = []
    let removed = false
    let told = false
    const notice = partOf<Notice>({ kind: 'link', action: 'removed', link: { name: 'br-web' } })
    const monitor: Monitor = {
      ...silent(),
      // A notice after the check is reported once.
      next: () =>
        new Promise((resolve) => {
          if (!removed || told) return
          told = true
          resolve({ done: false, value: notice })
        }),
    }
    let wanting = [change('leases')]
    const held: HeldProject = {
      ...heldWith([], []),
      look: async () => {
        if (clock.now() > 1000) ended.abort()
        const found = wanting
        if (!removed) wanting = [...wanting, change('bridge br-web')]
        removed = true
        return found
      },
      repair: async () => {
        wanting = wanting.slice(1)
        return []
      },
    }
    for await (const event of watchProject(held, monitor, { signal: ended.signal, check }, clock))
      if (event.kind === 'drift')
        events.push([Date.parse(event.at) < 1000, event.changes.map(({ object }) => object)])
    const second = check ? ['leases', 'bridge br-web'] : ['bridge br-web']
    expect(events).toEqual([
      [true, ['leases']],
      [true, second],
    ])
  }
})

/** A monitor whose notices the test gives. Notices from a time without processor come with `caughtUp`. */
const telling = () => {
  const [waiting, late]: [Notice[], Notice[]] = [[], []]
  let asking: ((result: IteratorResult<Notice, undefined>) => void) | null = null
  const tell = (value: Notice): void => {
    if (asking === null) waiting.push(value)
    else asking({ done: false, value })
    asking = null
  }
  const next = (): Promise<IteratorResult<Notice, undefined>> => {
    const value = waiting.shift()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    return new Promise((resolve) => {
      asking = resolve
    })
  }
  const caughtUp = async (): Promise<void> => {
    await new Promise(setImmediate)
    for (const notice of late.splice(0)) tell(notice)
  }
  const monitor: Monitor = { ...silent(), next, caughtUp, [Symbol.asyncIterator]: () => ({ next }) }
  return { monitor, tell, tellLate: (notice: Notice) => void late.push(notice) }
}

const legacy: Notice = { kind: 'legacy-rules', family: 'ip', tables: ['nat'] }
const address = (action: 'new' | 'removed'): Notice => ({
  kind: 'address',
  action,
  interface: 'br-web',
  address: '172.17.42.1/16',
})

test('what another program does during a look that was begun for another reason is told with its cause', async () => {
  for (const check of [false, true]) {
    const [clock, ended] = [jumpingClock(), new AbortController()]
    const { monitor, tell, tellLate } = telling()
    let looks = 0
    const held: HeldProject = {
      ...heldWith([], []),
      look: async () => {
        looks += 1
        // The first check finds no drift, and the later notice is not about Portolan.
        if (looks === 1) tell(legacy)
        if (looks !== 2) return []
        tellLate(address('removed'))
        return [change('address 172.17.42.1/16')]
      },
    }
    const causes: unknown[] = []
    for await (const event of watchProject(held, monitor, { signal: ended.signal, check }, clock)) {
      if (event.kind !== 'drift') continue
      causes.push(event.causes.map(({ text }) => text))
      ended.abort()
    }
    expect(causes).toEqual([
      ['rules of iptables-legacy changed (IPv4, nat)', 'address 172.17.42.1/16 was removed from br-web'],
    ])
  }
})

test('what a repair did, told however late, is no cause of what is undone as soon as the repair is told', async () => {
  const [clock, ended] = [jumpingClock(), new AbortController()]
  const { monitor, tell, tellLate } = telling()
  let isDamaged = false
  const held: HeldProject = {
    ...heldWith([], []),
    look: async () => (isDamaged ? [change('address 172.17.42.1/16')] : []),
    repair: async () => {
      isDamaged = false
      tellLate(address('new'))
      return []
    },
  }
  const damage = (): void => {
    isDamaged = true
    tell(address('removed'))
  }
  const causes: unknown[] = []
  for await (const event of watchProject(held, monitor, { signal: ended.signal }, clock)) {
    if (event.kind === 'watching') damage()
    if (event.kind !== 'drift') continue
    causes.push(event.causes.map(({ text }) => text))
    if (causes.length === 3) ended.abort()
    else damage()
  }
  expect(causes).toEqual(Array(3).fill(['address 172.17.42.1/16 was removed from br-web']))
})

test('a watch that is aborted while it waits for causes repairs nothing', async () => {
  const ending = new AbortController()
  const done: string[] = []
  const monitor: Monitor = {
    ...silent(),
    caughtUp: async () => ending.abort(),
  }
  const held: HeldProject = {
    ...heldWith([change('a')], []),
    repair: async () => {
      done.push('repair')
      return []
    },
  }
  for await (const { kind } of watchProject(held, monitor, { signal: ending.signal })) done.push(kind)
  expect(done).toEqual([])
})

test('a repair is told before the end of a monitor that failed meanwhile', async () => {
  let isRepaired = false
  let found = [change('a')]
  const held: HeldProject = {
    ...heldWith([], []),
    look: async () => found,
    repair: async () => {
      isRepaired = true
      found = []
      return []
    },
  }
  const monitor: Monitor = {
    ...silent(),
    next: async () => {
      while (!isRepaired) await new Promise(setImmediate)
      throw new PortolanError('NETLINK', 'no more is told')
    },
  }
  const told: string[] = []
  await expect(async () => {
    for await (const { kind } of watchProject(held, monitor, {})) told.push(kind)
  }).rejects.toThrow('no more is told')
  expect(told).toEqual(['drift', 'watching'])
})

test('a repair is told also where it cannot be asked whether the rules are as they were', async () => {
  const held: HeldProject = {
    ...heldWith([change('a')], []),
    isUnchanged: async () => {
      throw new PortolanError('NETLINK', 'no answer')
    },
  }
  const kinds: string[] = []
  for await (const { kind } of watchProject(held, silent(), { once: true })) kinds.push(kind)
  expect(kinds).toEqual(['drift', 'watching'])
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
