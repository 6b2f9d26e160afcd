import { beforeEach, expect, test } from '@jest/globals'
import { type Turns, turnsInOrder } from '../../src/live/in-order.ts'

let turns: Turns = turnsInOrder()
let done: string[] = []
beforeEach(() => {
  turns = turnsInOrder()
  done = []
})

/** Fails for all numbers when one of them is odd. */
const double = async (calls: readonly number[]): Promise<readonly number[]> => {
  done.push(`double ${calls.join(' ')}`)
  const odd = calls.find((call) => call % 2 === 1)
  if (odd !== undefined) throw new Error(`${odd} is odd`)
  return calls.map((call) => 2 * call)
}

const other = async (calls: readonly number[]): Promise<readonly number[]> => {
  done.push(`other ${calls.join(' ')}`)
  return calls
}

const settled = async (calls: readonly Promise<unknown>[]): Promise<readonly unknown[]> =>
  (await Promise.allSettled(calls)).map((one) => (one.status === 'fulfilled' ? one.value : `${one.reason}`))

test('calls of one kind that wait are carried out together, and those of another kind end the group', async () => {
  const calls = [
    turns.join(2, double),
    turns.join(4, double),
    turns.join(2, other),
    turns.join(6, double),
    turns.take(async () => void done.push('work')),
    turns.join(8, double),
    turns.join(10, double),
  ]
  expect(await settled(calls)).toEqual([4, 8, 2, 12, undefined, 16, 20])
  expect(done).toEqual(['double 2 4', 'other 2', 'double 6', 'work', 'double 8 10'])
})

test('a call that comes when its kind is at work already waits for the next turn', async () => {
  const first = turns.join(2, async (calls: readonly number[]) => {
    late = turns.join(4, double)
    return double(calls)
  })
  let late: Promise<unknown> = Promise.resolve()
  expect(await first).toBe(4)
  expect(await late).toBe(8)
  expect(done).toEqual(['double 2', 'double 4'])
})

test('where some fail together each is told what became of itself, and the others are carried out in order', async () => {
  const calls = [2, 3, 4, 6, 8, 10, 12, 13].map((call) => turns.join(call, double))
  expect(await settled(calls)).toEqual([4, 'Error: 3 is odd', 8, 12, 16, 20, 24, 'Error: 13 is odd'])
  expect(done).toEqual([
    'double 2 3 4 6 8 10 12 13',
    'double 2 3 4 6',
    'double 2 3',
    'double 2',
    'double 3',
    'double 4 6',
    'double 8 10 12 13',
    'double 8 10',
    'double 12 13',
    'double 12',
    'double 13',
  ])
  expect(await turns.join(2, double)).toBe(4)
})

test('no more than a thousand are carried out at once', async () => {
  const calls = Array.from({ length: 1001 }, (_, at) => turns.join(2 * at, double))
  expect(await settled(calls)).toEqual(Array.from({ length: 1001 }, (_, at) => 4 * at))
  expect(done.map((line) => line.split(' ').length - 1)).toEqual([1000, 1])
})

test('what is thrown in place of an error reaches the caller of each call, alone or in a group', async () => {
  turns = turnsInOrder((thrown) => {
    throw new Error(`in other words: ${thrown instanceof Error ? thrown.message : thrown}`)
  })
  const calls = [
    turns.join(2, double),
    turns.join(3, double),
    turns.take(async () => Promise.reject(new Error('no'))),
    turns.join(5, double),
  ]
  expect(await settled(calls)).toEqual([
    4,
    'Error: in other words: 3 is odd',
    'Error: in other words: no',
    'Error: in other words: 5 is odd',
  ])
})
