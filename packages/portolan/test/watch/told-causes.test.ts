import { expect, test } from '@jest/globals'
import type { Monitor, Notice } from '@portolan/host'
import { partOf } from '../../../../test/part-of.ts'
import type { HeldProject } from '../../src/watch/held-project.ts'
import { watchProject } from '../../src/watch/watch-project.ts'
import { change, heldWith, jumpingClock, silent } from './held-projects.ts'

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
