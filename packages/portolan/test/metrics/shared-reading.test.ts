import { expect, test } from '@jest/globals'
import { sharedReading } from '../../src/metrics/shared-reading.ts'

test('callers at the same time share a reading, and for four times as long as it took there is no other', async () => {
  let now = 0
  let readings = 0
  let done = (_value: number): void => {}
  const read = sharedReading(
    () => {
      readings += 1
      return new Promise<number>((resolve) => {
        done = resolve
      })
    },
    () => now,
  )
  const [one, other] = [read(), read()]
  now = 5000
  const third = read()
  done(1)
  expect([await one, await other, await third, readings]).toEqual([1, 1, 1, 1])
  now = 24_999
  expect([await read(), readings]).toEqual([1, 1])
  now = 25_000
  const next = read()
  done(2)
  expect([await next, readings]).toEqual([2, 2])
  // The reading took no time.
  now = 25_099
  expect([await read(), readings]).toEqual([2, 2])
  now = 25_100
  const last = read()
  done(3)
  expect([await last, readings]).toEqual([3, 3])
})

test('a reading that fails is shared, and the next one may succeed', async () => {
  let now = 0
  let fails = true
  const read = sharedReading(
    async () => {
      if (fails) throw new Error('no')
      return 1
    },
    () => now,
  )
  await expect(Promise.all([read(), read()])).rejects.toThrow('no')
  fails = false
  await expect(read()).rejects.toThrow('no')
  now = 100
  expect(await read()).toBe(1)
})
