import { expect, test } from '@jest/globals'
import { runAhead } from '../../src/watch/run-ahead.ts'

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('the work goes on though nothing is taken, and all of it is given in order', async () => {
  const done: number[] = []
  const values = runAhead(async function* () {
    for (let value = 1; value <= 3; value += 1) {
      done.push(value)
      yield value
    }
  })
  expect((await values.next()).value).toBe(1)
  for (let turn = 0; turn < 5; turn += 1) await later()
  expect(done).toEqual([1, 2, 3])
  const rest: number[] = []
  for await (const value of values) rest.push(value)
  expect(rest).toEqual([2, 3])
})

test('a loop that is left ends the work', async () => {
  let ended = false
  const values = runAhead(async function* (signal) {
    try {
      for (let value = 0; !signal.aborted; value += 1) {
        yield value
        await later()
      }
    } finally {
      ended = true
    }
  })
  for await (const value of values) if (value > 2) break
  expect(ended).toBe(true)
})

test('a failure is thrown behind what came before it', async () => {
  const values = runAhead(async function* () {
    yield 1
    throw new Error('no more')
  })
  expect((await values.next()).value).toBe(1)
  await expect(values.next()).rejects.toThrow('no more')
})
