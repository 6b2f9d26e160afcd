import { expect, test } from '@jest/globals'
import { leaderlessTime } from '../src/leaderless-time.ts'

const timed = () => {
  const clock = { at: 0 }
  return { clock, time: leaderlessTime(10, () => clock.at) }
}

test('requests that come one after the other wait for one vote together', () => {
  const { clock, time } = timed()
  time.found()
  clock.at = 9
  time.found()
  expect(time.isShort()).toBe(true)
  clock.at = 11
  time.found()
  expect(time.isShort()).toBe(false)
})

test('a server that answered, or a long time without a request, begins another vote', () => {
  const { clock, time } = timed()
  time.found()
  clock.at = 9
  time.answered()
  expect(time.isShort()).toBe(false)
  time.found()
  clock.at = 18
  expect(time.isShort()).toBe(true)
  clock.at = 100
  time.found()
  expect(time.isShort()).toBe(true)
})
