import { expect, test } from '@jest/globals'
import type { Conflict, DesiredNetwork, DesiredState } from '@portolan/core'
import type { Monitor } from '@portolan/host'
import { partOf } from '../../../../test/part-of.ts'
import type { Clock } from '../../src/watch/clock.ts'
import type { HeldProject } from '../../src/watch/held-project.ts'
import { watchProject } from '../../src/watch/watch-project.ts'
import { busy, heldWith, jumpingClock, silent } from './held-projects.ts'
import { droppedOf } from './network-conflicts.ts'

const wanting = (...names: readonly string[]): DesiredState =>
  partOf<DesiredState>({ networks: names.map((name) => partOf<DesiredNetwork>({ name })), mappings: [] })

/** What a watch tells of conflicts until a time, and when its searches find some. */
const watch = async (
  until: number,
  monitorOn: (clock: Clock) => Monitor,
  found: (now: number) => readonly Conflict[],
  desired: (now: number) => DesiredState = () => wanting('front'),
) => {
  const clock = jumpingClock()
  const ended = new AbortController()
  clock.after(until, () => ended.abort())
  const finds: number[] = []
  const held: HeldProject = {
    ...heldWith([], []),
    isUnchanged: async () => false,
    desired: () => desired(clock.now()),
    conflicts: async () => {
      const conflicts = found(clock.now())
      if (conflicts.length > 0) finds.push(clock.now())
      return conflicts
    },
  }
  const told: { readonly kind: string; readonly at: number }[] = []
  for await (const { kind, at } of watchProject(held, monitorOn(clock), { signal: ended.signal }, clock))
    if (kind !== 'watching') told.push({ kind, at: Date.parse(at) })
  return { told, finds }
}

const front = droppedOf('front')

test('what the first search finds is told at once', async () => {
  expect((await watch(1000, silent, () => [front])).told).toEqual([{ kind: 'conflict', at: 0 }])
})

test('a later conflict is told once it lasts, on a host that is quiet from then on', async () => {
  const { told, finds } = await watch(
    60_000,
    (clock) => busy(clock, 100, 1),
    (now) => (now > 100 ? [front] : []),
  )
  const [first = Number.NaN] = finds
  expect(first).toBeLessThan(1000)
  expect(told).toEqual([{ kind: 'conflict', at: first + 3000 }])
})

test('a later conflict is told once it lasts, on a host that is never quiet', async () => {
  const { told, finds } = await watch(
    20_000,
    (clock) => busy(clock, 100, 1000),
    (now) => (now > 1000 ? [front] : []),
  )
  const [first = Number.NaN] = finds
  const [{ kind, at } = { kind: '', at: Number.NaN }, ...more] = told
  expect([kind, more]).toEqual(['conflict', []])
  expect(at).toBeGreaterThanOrEqual(first + 3000)
  // The notices of one bunch come first.
  expect(at).toBeLessThan(first + 3100)
})

test('a conflict that is over soon is not told', async () => {
  const { told, finds } = await watch(
    60_000,
    (clock) => busy(clock, 1000, 4),
    (now) => (now > 1000 && now < 3000 ? [front] : []),
  )
  expect(finds.length).toBeGreaterThan(0)
  expect(told).toEqual([])
})

test('a conflict of a network that is new to the project is told at once', async () => {
  const { told, finds } = await watch(
    2000,
    (clock) => busy(clock, 100, 1),
    (now) => (now > 100 ? [front, droppedOf('back')] : []),
    (now) => (now > 100 ? wanting('front', 'back') : wanting('front')),
  )
  expect(told).toEqual([{ kind: 'conflict', at: finds[0] }])
})
