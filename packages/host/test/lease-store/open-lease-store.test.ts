import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { acquireAddress, leaseKey, listLeases, releaseProject } from '@portolan/core'
import fc from 'fast-check'
import { emptyModel, type LeaseSystem, leaseCommands } from '../../../core/test/lease/lease-model.ts'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'
import { acquireMany, count, fill, request } from './filled-store.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'portolan-leases-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('the lease store of a host', () => {
  test('does what the plain rules say, closed and opened at any moment', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(leaseCommands(40), async (commands) => {
        run += 1
        const folder = join(directory, String(run))
        const system: LeaseSystem = {
          store: openLeaseStore(folder),
          reopen: async () => {
            await system.store.close()
            system.store = openLeaseStore(folder)
          },
        }
        try {
          await fc.asyncModelRun(() => ({ model: emptyModel(), real: system }), commands)
        } finally {
          await system.store.close()
        }
      }),
      { numRuns: 25 },
    )
  })

  test('no other user may open its lock file, and so hold a lock of it, also when an earlier Portolan let them', async () => {
    const mode = (): number => statSync(join(directory, 'leases.mdb-lock')).mode & 0o777
    await fill(directory, 1)
    expect(mode()).toBe(0o600)
    for (const look of [async () => count(directory), async () => fill(directory, 2)]) {
      chmodSync(join(directory, 'leases.mdb-lock'), 0o644)
      await look()
      expect(mode()).toBe(0o600)
    }
  })

  test('writes to no file that was taken away while it had it open', async () => {
    const folder = join(directory, 'state')
    const store = openLeaseStore(folder)
    await store.transact((state) => acquireMany(state, 3))
    rmSync(folder, { recursive: true })
    expect(listLeases(await store.read())).toEqual([])
    await store.transact((state) => acquireMany(state, 1))
    rmSync(folder, { recursive: true })
    await store.transact((state) => acquireMany(state, 2))
    expect(await count(folder)).toBe(2)
    await store.close()
  })

  test('reading where nothing was ever leased makes no file', async () => {
    expect(await count(join(directory, 'not', 'there'))).toBe(0)
    expect(readdirSync(directory)).toEqual([])
  })

  test('reads what was written, in another process’s place', async () => {
    await fill(directory, 3)
    expect(await count(directory)).toBe(3)
    expect(readdirSync(directory).sort()).toEqual(['leases.mdb', 'leases.mdb-lock'])
  })

  test('writes where another object of this process has read, and is read by that one again', async () => {
    await fill(directory, 3)
    const [reader, writer] = [openLeaseStore(directory), openLeaseStore(directory)]
    expect(listLeases(await reader.read())).toHaveLength(3)
    await writer.transact((state) => acquireMany(state, 5))
    expect(listLeases(await reader.read())).toHaveLength(5)
    await writer.close()
    await reader.transact((state) => acquireMany(state, 7))
    expect(listLeases(await reader.read())).toHaveLength(7)
    await reader.close()
  })

  test('leases of all kinds come back as they were, whatever is in their names', async () => {
    const store = openLeaseStore(directory)
    const leases = [
      {
        kind: 'subnet',
        project: 'ä/ö',
        network: 'a b%',
        family: 'ip6',
        subnet: 'fd00::/64',
        gateway: 'fd00::1',
        movedFrom: null,
      },
      {
        kind: 'port',
        protocol: 'udp',
        port: 32768,
        holder: { project: 'p', service: '/', replica: 2, network: '', containerPort: 53 },
      },
    ] as const
    await store.transact((state) => ({
      state,
      changes: leases.map((after) => ({ key: leaseKey(after), before: null, after })),
      result: null,
    }))
    await store.close()
    const again = openLeaseStore(directory)
    expect(listLeases(await again.read())).toEqual([leases[1], leases[0]])
    await again.close()
  })

  test('a change of more than a thousand leases is seen whole by one that had read before', async () => {
    const store = openLeaseStore(directory)
    await store.transact((state) => acquireAddress(state, request(1)))
    await store.transact((state) => acquireMany(state, 1500))
    expect(listLeases(await store.read())).toHaveLength(1500)
    await store.transact((state) => releaseProject(state, 'shop'))
    expect(listLeases(await store.read())).toEqual([])
    await store.close()
    expect(await count(directory)).toBe(0)
  })
})
