import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  type AddressRequest,
  acquireAddress,
  type LeaseChange,
  type LeaseState,
  type LeaseStep,
  leaseKey,
  listLeases,
  releaseProject,
} from '@portolan/core'
import fc from 'fast-check'
import { open } from 'lmdb'
import { emptyModel, type LeaseSystem, leaseCommands } from '../../../core/test/lease/lease-model.ts'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'portolan-leases-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const request = (replica: number): AddressRequest => ({
  on: { project: 'shop', network: 'web' },
  holder: { project: 'shop', service: 'nginx', replica },
  subnet: '10.0.0.0/16',
  gateway: '10.0.0.1',
  ipRange: null,
  address: null,
  mac: null,
})

const acquireMany = (state: LeaseState, count: number): LeaseStep<null> => {
  const changes: LeaseChange[] = []
  let next = state
  for (let replica = 1; replica <= count; replica += 1) {
    const step = acquireAddress(next, request(replica))
    next = step.state
    changes.push(...step.changes)
  }
  return { state: next, changes, result: null }
}

/** A store with this many leases, closed. */
const fill = async (count: number, folder = directory): Promise<void> => {
  const store = openLeaseStore(folder)
  await store.transact((state) => acquireMany(state, count))
  await store.close()
}

const count = async (folder = directory): Promise<number> => {
  const store = openLeaseStore(folder)
  try {
    return listLeases(await store.read()).length
  } finally {
    await store.close()
  }
}

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
    await fill(1)
    expect(mode()).toBe(0o600)
    for (const look of [count, async () => fill(2)]) {
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
    await fill(3)
    expect(await count()).toBe(3)
    expect(readdirSync(directory).sort()).toEqual(['leases.mdb', 'leases.mdb-lock'])
  })

  test('writes where another object of this process has read, and is read by that one again', async () => {
    await fill(3)
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
    expect(await count()).toBe(0)
  })
})

const usedLength = (bytes: Buffer): number => bytes.findLastIndex((byte) => byte !== 0) + 1

describe('a file that is not what we wrote', () => {
  const file = (): string => join(directory, 'leases.mdb')
  const refusal = expect.objectContaining({
    code: 'STATE',
    message: expect.stringMatching(/leases\.mdb is damaged or not ours: .*left as it is/),
  })

  const isRefused = async (): Promise<void> => {
    const before = readFileSync(file())
    const store = openLeaseStore(directory)
    await expect(store.read()).rejects.toEqual(refusal)
    await expect(store.transact((state) => acquireAddress(state, request(1)))).rejects.toEqual(refusal)
    await store.close()
    expect(readFileSync(file()).equals(before)).toBe(true)
  }

  test('of text is refused and left alone', async () => {
    writeFileSync(file(), 'leases:\n'.repeat(2000))
    await isRefused()
  })

  test('of random bytes is refused and left alone', async () => {
    for (const length of [1, 100, 8192, 40_960]) {
      writeFileSync(file(), createHash('shake256', { outputLength: length }).update('leases').digest())
      await isRefused()
    }
  })

  test('that is a directory is refused and left alone', async () => {
    mkdirSync(file())
    const store = openLeaseStore(directory)
    const error = {
      code: 'STATE',
      message: expect.stringContaining(`The lease store ${file()} could not be`),
    }
    await expect(store.read()).rejects.toMatchObject(error)
    await expect(store.transact((state) => acquireAddress(state, request(1)))).rejects.toMatchObject(error)
    await store.close()
    expect(readdirSync(file())).toEqual([])
  })

  test('of another program’s LMDB is refused and left alone', async () => {
    const other = open({ path: file(), noSubdir: true })
    await other.put('theirs', 1)
    await other.close()
    await isRefused()
  })

  test('of a later version of ours is refused and left alone', async () => {
    const other = open<string, Buffer>({
      path: file(),
      noSubdir: true,
      encoding: 'string',
      keyEncoding: 'binary',
    })
    await other.put(Buffer.from('format'), 'portolan leases 2')
    await other.close()
    await isRefused()
  })

  test.each<[string, (bytes: Buffer) => Buffer]>([
    // What comes after the last page in use is room that was made for more.
    ['cut off in the middle', (bytes) => bytes.subarray(0, Math.floor(usedLength(bytes) / 2))],
    ['cut off in its first page', (bytes) => bytes.subarray(0, 100)],
    ['with a meta page overwritten', (bytes) => bytes.fill(0x5a, 4096, 8192)],
    ['with all its pages but the meta pages overwritten', (bytes) => bytes.fill(0, 8192)],
    [
      'with one digit of one address changed',
      (bytes) => {
        const at = bytes.lastIndexOf('"address":"10.0.0.4')
        bytes.write('9', at + '"address":"10.0.0.'.length)
        return bytes
      },
    ],
  ])('%s is refused and left alone', async (_name, damage) => {
    await fill(400)
    writeFileSync(file(), damage(readFileSync(file())))
    await isRefused()
  })

  test('any page of it overwritten, it is refused, or the page was a free one: never a crash, never a wrong answer', async () => {
    await fill(400)
    const store = openLeaseStore(directory)
    for (let replica = 1; replica <= 20; replica += 1)
      await store.transact((state) => acquireAddress(state, request(1000 + replica)))
    await store.close()
    const good = readFileSync(file())
    for (let page = 0; page < good.length / 4096; page += 1) {
      const folder = join(directory, `page-${page}`)
      await fill(0, folder)
      writeFileSync(
        join(folder, 'leases.mdb'),
        Buffer.from(good).fill(page % 2 === 0 ? 0 : 0xa7, page * 4096, (page + 1) * 4096),
      )
      const answer = await count(folder).catch((error: unknown) => error)
      if (answer !== 420) expect(answer).toEqual(refusal)
    }
  })

  /** Changes entries of a store behind its back. */
  const edit = async (
    work: (put: (key: string, value: string) => void, remove: (key: string) => void) => void,
  ) => {
    const raw = open<string, Buffer>({
      path: file(),
      noSubdir: true,
      encoding: 'string',
      keyEncoding: 'binary',
      overlappingSync: false,
    })
    raw.transactionSync(() =>
      work(
        (key, value) => void raw.putSync(Buffer.from(key), value),
        (key) => void raw.removeSync(Buffer.from(key)),
      ),
    )
    await raw.close()
  }

  test('with a lease missing is refused and left alone', async () => {
    await fill(20)
    await edit((_put, remove) => remove('lease/address/shop/web/ip/10.0.0.7'))
    await isRefused()
  })

  test('without its revision is refused and left alone', async () => {
    await fill(20)
    await edit((_put, remove) => remove('revision'))
    await isRefused()
  })

  test('of an earlier Portolan, which did not count its leases, is read, and counts from its next change on', async () => {
    await fill(20)
    await edit((put) => put('revision', '1'))
    expect(await count()).toBe(20)
    const store = openLeaseStore(directory)
    await store.transact((state) => acquireAddress(state, request(21)))
    await store.close()
    expect(await count()).toBe(21)
    await edit((_put, remove) => remove('lease/address/shop/web/ip/10.0.0.7'))
    await isRefused()
  })

  test('of no bytes is a store to begin with, as a process killed while making it leaves it', async () => {
    writeFileSync(file(), '')
    expect(await count()).toBe(0)
    await fill(2)
    expect(await count()).toBe(2)
  })
})
