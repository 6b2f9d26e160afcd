import { expect, test } from '@jest/globals'
import { countWork, growthOf } from './count-work.ts'

const once = (size: number): number => {
  let sum = 0
  for (let at = 0; at < size; at += 1) sum += at
  return sum
}

const eachPair = (size: number): number => {
  let sum = 0
  for (let at = 0; at < size; at += 1) for (let beside = 0; beside < at; beside += 1) sum += at
  return sum
}

test('twice as many turns of a loop are twice the work, and twice as many pairs four times', () => {
  expect(growthOf(once, 1000, 2000)).toBeCloseTo(2, 1)
  expect(growthOf(eachPair, 1000, 2000)).toBeCloseTo(4, 1)
})

test('the same work has the same count', () => {
  countWork(() => once(5000))
  expect(countWork(() => once(5000))).toBe(countWork(() => once(5000)))
})

test('work that V8 has optimized is counted all the same', () => {
  once(10_000_000)
  expect(growthOf(once, 100_000, 1_000_000)).toBeCloseTo(10, 1)
})
