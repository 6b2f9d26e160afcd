import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BoltFault, type BoltItem, readBolt } from '../../src/bolt/index.ts'

/** Written by Docker 26.1.5, with containers running and after it ended, and by Podman 5.4.2 with netavark. */
const store = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'stores', name))
const docker = store('docker-26.db')
const netavark = store('netavark-ipam.db')

const itemsOf = (items: readonly BoltItem[], ...path: readonly string[]): readonly BoltItem[] => {
  const [name, ...rest] = path
  if (name === undefined) return items
  const found = items.find(({ key }) => key.toString() === name)
  return found?.kind === 'bucket' ? itemsOf(found.items, ...rest) : []
}
const keys = (items: readonly BoltItem[]): readonly string[] => items.map(({ key }) => key.toString())

const pageSize = 4096
const meta = 16
/** The meta page that is active: 0 or 1. The other one belongs to the transaction before. */
const newest = (bytes: Buffer): number =>
  bytes.readBigUInt64LE(meta + 48) > bytes.readBigUInt64LE(pageSize + meta + 48) ? 0 : 1
const changed = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes)
  change(copy)
  return copy
}

describe('readBolt', () => {
  test('reads every record of a bucket that branches over several pages, in the order of keys', () => {
    const records = itemsOf(readBolt(docker), 'libnetwork')
    expect(records).toHaveLength(28)
    expect(keys(records)).toEqual(keys(records).toSorted())
    expect(keys(records).filter((key) => key.startsWith('docker/network/v1.0/network/'))).toHaveLength(7)
  })
  test('reads a value that is longer than a page', () => {
    const values = itemsOf(readBolt(docker), 'libnetwork').map((item) =>
      item.kind === 'value' ? item.value.toString() : '',
    )
    expect(values.filter((value) => value.includes('x'.repeat(9000)))).toHaveLength(1)
  })
  test('reads buckets inside buckets, those without a page of their own among them', () => {
    const root = readBolt(netavark)
    expect(keys(root)).toEqual(['custom', 'podman'])
    expect(keys(itemsOf(root, 'custom'))).toEqual(['10.66.0.0/24', 'fd66:1::/64', 'ids'])
    expect(itemsOf(root, 'podman', '10.88.0.0/16').map(({ key }) => key.toString('hex'))).toEqual([
      '0a580002',
      '6c6173744950',
    ])
  })
  test('takes the state before where the newest meta page was written by half', () => {
    const half = changed(docker, (copy) =>
      copy.fill(0, newest(copy) * pageSize + meta + 20, (newest(copy) + 1) * pageSize),
    )
    expect(keys(readBolt(half))).toEqual(['libnetwork'])
  })
  test('finds the second meta page where the first one is no more', () => {
    const lost = changed(docker, (copy) => copy.fill(0, 0, pageSize))
    expect(keys(readBolt(lost))).toEqual(['libnetwork'])
  })
  test.each<[string, Buffer, RegExp]>([
    ['an empty file', Buffer.alloc(0), /^it is cut off$/],
    ['a file of zeros', Buffer.alloc(65_536), /^it is no bolt database$/],
    ['a text', Buffer.from('{"networks": []}'.repeat(100)), /^it is no bolt database$/],
    ['a file that ends too early', docker.subarray(0, 3 * pageSize), /^it is cut off$/],
    [
      'a version that is not known',
      changed(docker, (copy) => {
        copy.writeUInt32LE(3, meta + 4)
        copy.writeUInt32LE(3, pageSize + meta + 4)
      }),
      /^it is a bolt database of version 3, and version 2 is known$/,
    ],
    [
      'two meta pages that were changed',
      changed(docker, (copy) => {
        copy.writeUInt8(1, meta + 20)
        copy.writeUInt8(1, pageSize + meta + 20)
      }),
      /^neither of its meta pages has the right checksum$/,
    ],
  ])('says what is wrong with %s', (_, bytes, expected) => {
    expect(() => readBolt(bytes)).toThrow(BoltFault)
    expect(() => readBolt(bytes)).toThrow(expected)
  })

  test('refuses a page that claims the pages of another, which a small file could repeat without bound', () => {
    const isLeaf = (page: number): boolean =>
      docker.readUInt16LE(page * pageSize + 8) === 2 && docker.readUInt32LE(page * pageSize + 12) === 0
    const leaves = Array.from({ length: docker.length / pageSize - 1 }, (_, page) => page).filter(isLeaf)
    const claims = leaves
      .map((page) => changed(docker, (copy) => copy.writeUInt32LE(1, page * pageSize + 12)))
      .map((bytes) => {
        try {
          readBolt(bytes)
          return 'read'
        } catch (error) {
          return (error as Error).message.replace(/\d+/, 'N')
        }
      })
    expect(claims).toContain('page N is in two places')
  })

  const stores = fc.constantFrom(docker, netavark, store('docker-26-stopped.db'))
  const changes = fc.array(
    fc.record({ at: fc.nat(131_071), bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }) }),
    { minLength: 1, maxLength: 8 },
  )
  /** The size of everything that was read. More than the file's size would mean unbounded expansion. */
  const bytesIn = (items: readonly BoltItem[]): number =>
    items.reduce(
      (sum, item) =>
        sum + item.key.length + (item.kind === 'value' ? item.value.length : bytesIn(item.items)),
      0,
    )
  const readOrFault = (bytes: Buffer): readonly BoltItem[] => {
    try {
      return readBolt(bytes)
    } catch (error) {
      if (!(error instanceof BoltFault)) throw error
      return []
    }
  }
  test('a damaged file is read or refused with a reason, and yields no more bytes than it has', () => {
    fc.assert(
      fc.property(stores, changes, fc.option(fc.nat(131_072)), (whole, places, length) => {
        const bytes = changed(whole, (copy) => {
          for (const place of places) copy.set(place.bytes, Math.min(place.at, copy.length - 16))
        }).subarray(0, length ?? whole.length)
        expect(bytesIn(readOrFault(bytes))).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 2000 },
    )
  })
  test('pages written over one another, as by a program that writes meanwhile, do the same', () => {
    const page = fc.nat(31)
    fc.assert(
      fc.property(stores, fc.array(fc.tuple(page, page), { minLength: 1, maxLength: 6 }), (whole, copies) => {
        const bytes = changed(whole, (copy) => {
          for (const [from, to] of copies)
            copy.copy(
              copy,
              (to * pageSize) % copy.length,
              (from * pageSize) % copy.length,
              ((from * pageSize) % copy.length) + pageSize,
            )
        })
        expect(bytesIn(readOrFault(bytes))).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 500 },
    )
  })
  test('every single byte of the pages in use may be any other: nothing but BoltFault is thrown', () => {
    for (let at = 0; at < netavark.length; at += 11) {
      const bytes = changed(netavark, (copy) => copy.writeUInt8((copy[at] ?? 0) ^ 0xff, at))
      readOrFault(bytes)
    }
    expect(readOrFault(netavark)).toHaveLength(2)
  })
})
