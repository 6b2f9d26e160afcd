import { describe, expect, test } from '@jest/globals'
import type { Notice } from '../../src/monitor/notice.ts'
import { openNoticeQueue } from '../../src/monitor/notice-queue.ts'

const notice = (pid: number): Notice => ({
  kind: 'rules',
  generation: pid,
  process: { pid, name: 'nft' },
  tables: [],
})
const lost: Notice = { kind: 'lost', reason: 'for a test' }
const given = (value: Notice) => ({ done: false, value })
const over = { done: true, value: undefined }

const open = (most = 3) => {
  const held: boolean[] = []
  return { queue: openNoticeQueue(most, (isWaiting) => held.push(isWaiting)), held }
}

describe('notices that wait', () => {
  test('are given in their order, each once', async () => {
    const { queue } = open()
    queue.push(notice(1))
    queue.push(notice(2))
    expect([await queue.next(), await queue.next()]).toEqual([given(notice(1)), given(notice(2))])
  })

  test('give way to a single loss when they are too many, and those after it are kept', async () => {
    const { queue } = open(3)
    for (const pid of [1, 2, 3, 4, 5]) queue.push(notice(pid))
    expect(await queue.next()).toMatchObject({
      value: { kind: 'lost', reason: expect.stringContaining('More than 3 notices') },
    })
    expect(await queue.next()).toEqual(given(notice(5)))
  })

  test('two losses in a row are one', async () => {
    const { queue } = open()
    queue.push(lost)
    queue.push(lost)
    queue.push(notice(1))
    expect([await queue.next(), await queue.next()]).toEqual([given(lost), given(notice(1))])
  })
})

describe('a consumer that waits', () => {
  test('is given the next notice, and keeps the process alive until then', async () => {
    const { queue, held } = open()
    const first = queue.next()
    const second = queue.next()
    expect(held).toEqual([true])
    queue.push(notice(1))
    expect(held).toEqual([true])
    queue.push(notice(2))
    expect(held).toEqual([true, false])
    expect([await first, await second]).toEqual([given(notice(1)), given(notice(2))])
  })

  test('ends with the queue', async () => {
    const { queue, held } = open()
    const next = queue.next()
    queue.drop()
    expect(await next).toEqual(over)
    expect(held).toEqual([true, false])
  })
})

describe('a queue that failed', () => {
  test('gives what waits, then its error once', async () => {
    const { queue } = open()
    queue.push(notice(1))
    queue.end(new Error('the sockets are gone'))
    queue.push(notice(2))
    expect(await queue.next()).toEqual(given(notice(1)))
    await expect(queue.next()).rejects.toThrow('the sockets are gone')
    expect(await queue.next()).toEqual(over)
  })

  test('gives its error to one consumer that waits, and ends for the others', async () => {
    const { queue } = open()
    const waiting = Promise.allSettled([queue.next(), queue.next()])
    queue.end(new Error('the sockets are gone'))
    expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })

  test('forgets all when it is dropped', async () => {
    const { queue } = open()
    queue.push(notice(1))
    queue.end(new Error('the sockets are gone'))
    queue.drop()
    expect(await queue.next()).toEqual(over)
  })
})
