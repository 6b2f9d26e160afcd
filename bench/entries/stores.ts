import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lease, LeaseChange, LeaseState, LeaseStep } from '@portolan/core'
import type { Entry } from '../entry.ts'
import { measureInTurn, peerOf, type Work } from '../measure.ts'
import type { Peer } from '../row.ts'
import { leaseOne } from '../stores/lease-one.ts'
import { openStore, type StoreName, storeNames, whyAbsent } from '../stores/open-stores.ts'

const leaseMany = (before: LeaseState, count: number): LeaseStep<readonly Lease[]> => {
  let state = before
  const changes: LeaseChange[] = []
  for (let replica = 1; replica <= count; replica += 1) {
    const step = leaseOne(state, replica)
    state = step.state
    changes.push(...step.changes)
  }
  return { state, changes, result: [] }
}

export const entry: Entry = {
  about: 'a lease in LMDB, beside node:sqlite and better-sqlite3 (Node 22 and later)',
  needs: 'nothing',
  measure: async ({ count, rounds }) => {
    const directory = mkdtempSync(join(process.env.PORTOLAN_BENCH_DIR ?? tmpdir(), 'portolan-stores-'))
    const addresses = count(10_000)
    const tried = storeNames.filter((name) => whyAbsent(name) === null)
    const stores = tried.map((name) => ({ name, store: openStore(name, directory) }))
    const absent: readonly Peer[] = storeNames.flatMap((name) => {
      const why = whyAbsent(name)
      return why === null ? [] : [{ kind: 'absent', name, why }]
    })
    try {
      for (const { store } of stores) await store.transact((state) => leaseMany(state, addresses))
      let replica = addresses
      const works = stores.map(({ name, store }): readonly [StoreName, Work] => {
        const run = (): unknown => {
          replica += 1
          return store.transact((state) => leaseOne(state, replica))
        }
        return [name, { run }]
      })
      const measured = await measureInTurn(Object.fromEntries(works) as Record<StoreName, Work>, {
        count: rounds(301),
        warmUp: rounds(20),
      })
      const peers = tried.slice(1).map((name) => peerOf(name, measured.lmdb, measured[name]))
      return [
        {
          what: `lease one more, with ${addresses} there, on disk before it is acknowledged`,
          unit: 'ms',
          measured: measured.lmdb,
          mark: null,
          peers: [...peers, ...absent],
        },
      ]
    } finally {
      for (const { store } of stores) await store.close()
      rmSync(directory, { recursive: true })
    }
  },
}
