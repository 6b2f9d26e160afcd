import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  acquireAddress,
  type LeaseChange,
  type LeaseState,
  type LeaseStep,
  releaseProject,
} from '@portolan/core'
import fc from 'fast-check'
import { open } from 'lmdb'
import { checkPages } from '../../src/lease-store/check-pages.ts'
import { emptyStore, MAP_SIZE } from '../../src/lease-store/empty-store.ts'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-room-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const acquire = (state: LeaseState, first: number, count: number, service: string): LeaseStep<null> => {
  const changes: LeaseChange[] = []
  let next = state
  for (let replica = first; replica < first + count; replica += 1) {
    const step = acquireAddress(next, {
      on: { project: 'shop', network: 'web' },
      holder: { project: 'shop', service, replica },
      subnet: '10.0.0.0/12',
      gateway: '10.0.0.1',
      ipRange: null,
      address: null,
      mac: null,
    })
    next = step.state
    changes.push(...step.changes)
  }
  return { state: next, changes, result: null }
}

describe('the files of a store', () => {
  test('begin as LMDB itself would make them', async () => {
    const file = join(folder, 'theirs.mdb')
    const theirs = open({ path: file, noSubdir: true, mapSize: MAP_SIZE, overlappingSync: false })
    expect(readFileSync(file).equals(emptyStore())).toBe(true)
    await theirs.close()
    expect(checkPages(emptyStore())).toEqual({ fault: null, transaction: 0 })
  })

  test('never grow while LMDB writes: room for every transaction is made before', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            count: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 2500 })),
            name: fc.constantFrom('a', 'service', 'n'.repeat(300)),
            releases: fc.boolean(),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        async (steps) => {
          run += 1
          const directory = join(folder, String(run))
          const store = openLeaseStore(directory)
          let first = 1
          for (const { count, name, releases } of steps) {
            await store.transact((state) =>
              releases ? releaseProject(state, 'shop') : acquire(state, first, count, name),
            )
            first += count
            const { size } = statSync(join(directory, 'leases.mdb'), { throwIfNoEntry: false }) ?? { size: 0 }
            // Only Portolan grows the file by whole chunks of 64 KiB. LMDB's own writes would give other sizes.
            expect(size === 8192 ? 0 : size % 65_536).toBe(0)
          }
          await store.close()
        },
      ),
      { numRuns: 15 },
    )
  })
})
