import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acquireAddress, type LeaseState, type LeaseStep } from '@portolan/core'
import { openLeaseStore } from 'portolan'
import type { Entry } from '../entry.ts'
import { measure } from '../measure.ts'

const acquire = (state: LeaseState, service: string): LeaseStep<unknown> =>
  acquireAddress(state, {
    on: { project: 'shop', network: 'web' },
    holder: { project: 'shop', service, replica: 1 },
    subnet: '172.17.0.0/16',
    gateway: '172.17.42.1',
    ipRange: null,
    address: null,
    mac: null,
  })

/** Many leases in one step, which is one transaction. */
const acquireMany = (before: LeaseState, count: number): LeaseStep<null> => {
  let state = before
  const changes: LeaseStep<unknown>['changes'][number][] = []
  for (let at = 0; at < count; at += 1) {
    const step = acquire(state, `service${at}`)
    state = step.state
    for (const change of step.changes) changes.push(change)
  }
  return { state, changes, result: null }
}

/** A directory on a disk. /tmp may be in memory, where nothing is durable. */
const directoryIn = (parent: string): string => mkdtempSync(join(parent, 'portolan-bench-'))

export const entry: Entry = {
  about: 'leasing addresses, on disk before it is acknowledged',
  needs: 'nothing',
  measure: async ({ count, rounds }) => {
    const directory = directoryIn(process.env.PORTOLAN_BENCH_DIR ?? tmpdir())
    const addresses = count(10_000)
    try {
      let store = openLeaseStore(directory)
      const batched = await measure(
        {
          before: async () => {
            await store.close()
            rmSync(join(directory, 'leases.mdb'), { force: true })
            store = openLeaseStore(directory)
          },
          run: () => store.transact((state) => acquireMany(state, addresses)),
        },
        { count: rounds(7), warmUp: rounds(2) },
      )
      let next = 0
      const single = await measure(
        () => {
          next += 1
          return store.transact((state) => acquire(state, `another${next}`))
        },
        { count: rounds(101), warmUp: rounds(20) },
      )
      await store.close()
      return [
        {
          what: `lease ${addresses} addresses in one transaction`,
          unit: 'ms',
          measured: batched,
          mark: { atMost: 1_000 },
          peers: [],
        },
        {
          what: `lease one more, with ${addresses} there`,
          unit: 'ms',
          measured: single,
          mark: { atMost: 3 },
          peers: [],
        },
      ]
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}
