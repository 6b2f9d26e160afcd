import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'

test('a property whose time is over ends with the run that is under way, and at the first at the earliest', async () => {
  let [begun, ended] = [0, 0]
  const slow = fc.asyncProperty(fc.nat(), async () => {
    begun += 1
    await delay(20)
    ended += 1
  })
  await fc.assert(slow, { numRuns: 1000, interruptAfterTimeLimit: 10 })
  expect(begun).toBeGreaterThan(0)
  expect(begun).toBeLessThan(1000)
  expect(ended).toBe(begun)
})

test('its failure is told as far as it was shrunk by then', async () => {
  const failing = fc.asyncProperty(fc.integer({ min: 7, max: 1e6 }), async () => {
    await delay(20)
    throw new Error('it fails')
  })
  await expect(fc.assert(failing, { interruptAfterTimeLimit: 10 })).rejects.toThrow(/Counterexample: \[\d+\]/)
})
