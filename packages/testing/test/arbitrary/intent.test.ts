import { describe, expect, test } from '@jest/globals'
import type { Intent } from '@portolan/core'
import fc from 'fast-check'
import { arbitraryIntent, fakeHost } from '../../src/index.ts'

/** The smallest intent for which `fails` holds, after fast-check's shrinking. */
const shrunk = (fails: (intent: Intent) => boolean, seed: number): Intent => {
  const { counterexample } = fc.check(
    fc.property(arbitraryIntent(), (intent) => !fails(intent)),
    { seed, numRuns: 1000 },
  )
  if (counterexample === null) throw new Error('no intent fails')
  return counterexample[0]
}

const sizeOf = ({ networks, endpoints, mappings }: Intent) => ({
  networks: networks.length,
  endpoints: endpoints.length,
  mappings: mappings.length,
})

const seeds = Array.from({ length: 20 }, (_, seed) => [seed])

describe('a shrunk intent', () => {
  test.each(seeds)('has one network with one service where any fails (seed %i)', (seed) => {
    expect(sizeOf(shrunk(() => true, seed))).toEqual({ networks: 1, endpoints: 1, mappings: 0 })
  })

  test.each(seeds)('has no more than the mapping that fails, with its network (seed %i)', (seed) => {
    const small = shrunk(({ mappings }) => mappings.some(({ protocol }) => protocol === 'udp'), seed)
    expect(sizeOf(small)).toEqual({ networks: 1, endpoints: 1, mappings: 1 })
  })

  test.each(seeds)('has the second network only where a service on both fails (seed %i)', (seed) => {
    const onBoth = ({ endpoints }: Intent): boolean =>
      endpoints.some((one) =>
        endpoints.some(({ service, network }) => service === one.service && network !== one.network),
      )
    expect(sizeOf(shrunk(onBoth, seed))).toEqual({ networks: 2, endpoints: 2, mappings: 0 })
  })

  test.each(seeds)('keeps a network without services where that is what fails (seed %i)', (seed) => {
    const hasSpare = ({ networks, endpoints }: Intent): boolean =>
      networks.some(({ name }) => !endpoints.some(({ network }) => network === name))
    expect(sizeOf(shrunk(hasSpare, seed))).toEqual({ networks: 2, endpoints: 1, mappings: 0 })
  })

  test('can be planned', async () => {
    const small = shrunk(({ mappings }) => mappings.length > 1, 1)
    const { desired } = await fakeHost().plan(small)
    expect(desired.networks).toHaveLength(small.networks.length)
  })
})
