import { expect, test } from '@jest/globals'
import type { Notice } from '@portolan/host'
import { partOf } from '../../../../test/part-of.ts'
import { gather } from '../../src/watch/gather.ts'
import { jumpingClock, silent } from './held-projects.ts'

type Next = IteratorResult<Notice, undefined>

/** A monitor, what answers its first request, and how often a reaction was added to that request. */
const asked = () => {
  let reactions = 0
  let answer = (_: Next): void => {}
  let fail = (_: Error): void => {}
  const request = new Promise<Next>((resolve, reject) => {
    answer = resolve
    fail = reject
  })
  const counted = new Proxy(request, {
    get: (promise, key) => {
      if (key === 'then') reactions += 1
      const member: unknown = Reflect.get(promise, key)
      return typeof member === 'function' ? member.bind(promise) : member
    },
  })
  const requests = [counted]
  const next = (): Promise<Next> => requests.shift() ?? new Promise(() => {})
  return { monitor: { ...silent(), next }, answer, fail, reactions: () => reactions }
}

const notice = partOf<Notice>({ kind: 'rules', process: null, tables: [] })
const { signal } = new AbortController()

test('a quiet host is waited for again and again on one reaction to the unanswered request', async () => {
  const { monitor, reactions } = asked()
  const gathering = gather(monitor, signal, jumpingClock())
  for (let round = 0; round < 100; round += 1)
    expect(await gathering.next(30_000)).toMatchObject({ notices: [] })
  expect(reactions()).toBe(1)
})

test('a notice that comes between two waits is in the second one, also in one of another gathering', async () => {
  const { monitor, answer } = asked()
  const clock = jumpingClock()
  expect(await gather(monitor, signal, clock).next(10)).toMatchObject({ notices: [] })
  answer({ done: false, value: notice })
  expect(await gather(monitor, signal, clock).next(10)).toMatchObject({ notices: [notice] })
})

test('an error of the monitor is thrown by the next wait, and not by the reading of what came before', async () => {
  const { monitor, fail } = asked()
  const gathering = gather(monitor, signal, jumpingClock())
  expect(await gathering.next(10)).toMatchObject({ notices: [] })
  fail(new Error('no more notices'))
  expect(await gathering.caughtUp()).toMatchObject({ notices: [] })
  await expect(gathering.next(10)).rejects.toThrow('no more notices')
})
