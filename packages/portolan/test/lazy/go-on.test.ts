import { runInNewContext } from 'node:vm'
import { expect, test } from '@jest/globals'
import { goOn } from '../../src/lazy/go-on.ts'

const half = (value: number): number => value / 2

test('goes on at once with a value', () => {
  expect(goOn(2, half)).toBe(1)
})

test('goes on later with a promise, of whatever realm', async () => {
  for (const later of [Promise.resolve(2), runInNewContext('Promise.resolve(2)')]) {
    const ended = goOn(later, half)
    expect(ended).not.toBe(1)
    expect(await ended).toBe(1)
  }
})
