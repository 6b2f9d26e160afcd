import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { acquireAddress } from '@portolan/core'
import { open } from 'lmdb'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'
import { count, fill, request } from './filled-store.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'portolan-leases-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

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
    await fill(directory, 400)
    writeFileSync(file(), damage(readFileSync(file())))
    await isRefused()
  })

  test('any page of it overwritten, it is refused, or the page was a free one: never a crash, never a wrong answer', async () => {
    await fill(directory, 400)
    const store = openLeaseStore(directory)
    for (let replica = 1; replica <= 20; replica += 1)
      await store.transact((state) => acquireAddress(state, request(1000 + replica)))
    await store.close()
    const good = readFileSync(file())
    for (let page = 0; page < good.length / 4096; page += 1) {
      const folder = join(directory, `page-${page}`)
      await fill(folder, 0)
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
    await fill(directory, 20)
    await edit((_put, remove) => remove('lease/address/shop/web/ip/10.0.0.7'))
    await isRefused()
  })

  test('without its revision is refused and left alone', async () => {
    await fill(directory, 20)
    await edit((_put, remove) => remove('revision'))
    await isRefused()
  })

  test('of an earlier Portolan, which did not count its leases, is read, and counts from its next change on', async () => {
    await fill(directory, 20)
    await edit((put) => put('revision', '1'))
    expect(await count(directory)).toBe(20)
    const store = openLeaseStore(directory)
    await store.transact((state) => acquireAddress(state, request(21)))
    await store.close()
    expect(await count(directory)).toBe(21)
    await edit((_put, remove) => remove('lease/address/shop/web/ip/10.0.0.7'))
    await isRefused()
  })

  test('of no bytes is a store to begin with, as a process killed while making it leaves it', async () => {
    writeFileSync(file(), '')
    expect(await count(directory)).toBe(0)
    await fill(directory, 2)
    expect(await count(directory)).toBe(2)
  })
})
