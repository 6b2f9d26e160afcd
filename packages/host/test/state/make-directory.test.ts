import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { leaseKey } from '@portolan/core'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'
import { makeDirectory } from '../../src/state/make-directory.ts'
import { ensureStateWritable } from '../../src/state/state-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a directory', () => {
  test('is made with those above it, and is left as it is when it is there', () => {
    const deep = join(folder, 'a', 'b', 'c')
    makeDirectory(deep)
    makeDirectory(deep)
    makeDirectory(folder)
    expect(statSync(deep).isDirectory()).toBe(true)
  })

  test('cannot be made below a file', () => {
    writeFileSync(join(folder, 'file'), '')
    for (const path of ['file', 'file/a', 'file/a/b'])
      expect(() => makeDirectory(join(folder, path))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
  })

  // Node 20's `recursive: true` never returns for these.
  test.each(['/proc/portolan', '/proc/portolan/a/b', '/proc/self/portolan/a'])(
    'where the kernel makes none is refused at once: %s',
    (path) => {
      expect(() => makeDirectory(path)).toThrow(/^E(NOENT|PERM|ACCES)/)
    },
  )
})

describe('state below /proc', () => {
  test('is refused by the state file', async () => {
    await expect(ensureStateWritable('/proc/portolan')).rejects.toMatchObject({
      message: expect.stringMatching(/\/proc\/portolan\/state-.* could not be written: .*--state/),
    })
  })

  test('is refused by the lease store, though it may be read as one that is empty', async () => {
    const store = openLeaseStore('/proc/portolan')
    expect((await store.read()).leases).toBeNull()
    const lease = {
      kind: 'subnet',
      project: 'shop',
      network: 'web',
      family: 'ip',
      subnet: '10.0.0.0/16',
      gateway: '10.0.0.1',
      movedFrom: null,
    } as const
    const change = { key: leaseKey(lease), before: null, after: lease }
    await expect(
      store.transact((state) => ({ state, changes: [change], result: null })),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/^The lease store \/proc\/portolan\/leases\.mdb could not be written/),
    })
    await store.close()
  })
})
