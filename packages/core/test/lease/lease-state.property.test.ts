import { describe, expect, test } from '@jest/globals'
import { listLeases, memoryLeaseStore } from '@portolan/core'
import fc from 'fast-check'
import { leaseState } from '../../src/lease/lease-state.ts'
import {
  entriesUnder,
  fromSorted,
  type SortedMap,
  valueAt,
  withoutKey,
  withValue,
} from '../../src/lease/sorted-map.ts'
import { emptyModel, type LeaseSystem, leaseCommands } from './lease-model.ts'

describe('the lease machine', () => {
  test('does what the plain rules say, whatever is asked in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(leaseCommands(60), async (commands) => {
        const system: LeaseSystem = {
          store: memoryLeaseStore(),
          reopen: async () => {
            system.store = memoryLeaseStore(leaseState(listLeases(await system.store.read())))
          },
        }
        await fc.asyncModelRun(() => ({ model: emptyModel(), real: system }), commands)
      }),
      { numRuns: 150 },
    )
  })
})

describe('a sorted map', () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é'), maxLength: 4 })
  const steps = fc.array(fc.tuple(fc.constantFrom('put', 'remove'), key, fc.nat()), { maxLength: 80 })

  test('is a Map whose keys are in order, and stays balanced', () => {
    fc.assert(
      fc.property(steps, key, (list, prefix) => {
        const model = new Map<string, number>()
        let map: SortedMap<number> = null
        for (const [verb, at, value] of list) {
          if (verb === 'put') model.set(at, value)
          else model.delete(at)
          map = verb === 'put' ? withValue(map, at, value) : withoutKey(map, at)
        }
        const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
        expect(entriesUnder(map, '')).toEqual(sorted)
        expect(entriesUnder(map, prefix)).toEqual(sorted.filter(([one]) => one.startsWith(prefix)))
        expect(entriesUnder(fromSorted(sorted), '')).toEqual(sorted)
        for (const [one, value] of model) expect(valueAt(map, one)).toBe(value)
        expect(imbalance(map)).toBeLessThanOrEqual(1)
      }),
    )
  })
})

const imbalance = (map: SortedMap<number>): number => {
  if (map === null) return 0
  const height = (one: SortedMap<number>): number => one?.height ?? 0
  return Math.max(Math.abs(height(map.left) - height(map.right)), imbalance(map.left), imbalance(map.right))
}
