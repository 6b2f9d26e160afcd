import { expect, test } from '@jest/globals'
import type { Monitor } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import type { HeldProject } from '../../src/watch/held-project.ts'
import { watchProject } from '../../src/watch/watch-project.ts'
import { busy, change, heldWith, jumpingClock, silent } from './held-projects.ts'

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
