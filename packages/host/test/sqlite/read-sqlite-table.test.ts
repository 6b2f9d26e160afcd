import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readSqliteTable, SqliteFault, type SqliteValue } from '../../src/sqlite/index.ts'

const store = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'stores', name))
/** A file of Podman 5.4.2, with three containers that never ran. */
const podman = store('podman-5.db')
/** 400 rows in pages of 512 bytes, written by Python's sqlite3 (SQLite 3.46). */
const rows = store('rows.db')

const changed = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes)
  change(copy)
  return copy
}
const read = (bytes: Buffer, table: string): readonly (readonly SqliteValue[])[] => {
  try {
    return readSqliteTable(bytes, table) ?? []
  } catch (error) {
    if (!(error instanceof SqliteFault)) throw error
    return []
  }
}

describe('readSqliteTable', () => {
  test('reads rows of a table that branches over many pages, in their order', () => {
    const found = readSqliteTable(rows, 'rows') ?? []
    expect(found.map(([name]) => String(name))).toEqual(Array.from({ length: 400 }, (_, at) => `row ${at}`))
    expect(found.slice(0, 10).map(([, number]) => number)).toEqual([
      0,
      1,
      -1,
      127,
      -128,
      300,
      -70_000,
      2 ** 31,
      -(2 ** 40),
      2 ** 52,
    ])
    expect(found[3]?.slice(2)).toEqual([null, Buffer.from([3, 3, 3])])
  })
  test('reads a value that goes on in other pages', () => {
    expect(readSqliteTable(rows, 'rows')?.[200]?.[3]).toEqual(Buffer.alloc(1000, 200))
    const configs = (readSqliteTable(podman, 'ContainerConfig') ?? []).map(([, name, , config]) => [
      String(name),
      JSON.parse(String(config)).newNetworks.theirs.static_ips,
    ])
    expect(configs).toEqual([
      ['held', ['10.66.0.200']],
      ['two', ['10.66.0.201', '10.66.0.202']],
      ['any', undefined],
    ])
  })
  test('a table that is not there is none', () => {
    expect(readSqliteTable(rows, 'other')).toBeNull()
  })
  test.each<[string, Buffer, RegExp]>([
    ['an empty file', Buffer.alloc(0), /^it is cut off$/],
    ['a text', Buffer.from('{"networks": []}'.repeat(100)), /^it is no SQLite database$/],
    ['a file that ends too early', rows.subarray(0, 2048), /^it is cut off$/],
    [
      'a page size that is none',
      changed(rows, (copy) => copy.writeUInt16BE(513, 16)),
      /^its page size 513 is not valid$/,
    ],
  ])('says what is wrong with %s', (_, bytes, expected) => {
    expect(() => readSqliteTable(bytes, 'rows')).toThrow(SqliteFault)
    expect(() => readSqliteTable(bytes, 'rows')).toThrow(expected)
  })

  const bytesIn = (found: readonly (readonly SqliteValue[])[]): number =>
    found.flat().reduce<number>((sum, value) => sum + (Buffer.isBuffer(value) ? value.length : 0), 0)
  test('a damaged file is read or refused with a reason, and yields no more bytes than it has', () => {
    const stores = fc.constantFrom([podman, 'ContainerConfig'] as const, [rows, 'rows'] as const)
    const changes = fc.array(
      fc.record({ at: fc.nat(151_551), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
      { minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(stores, changes, fc.option(fc.nat(151_552)), ([whole, table], places, length) => {
        const bytes = changed(whole, (copy) => {
          for (const place of places) copy.set(place.bytes, place.at % (copy.length - 8))
        }).subarray(0, length ?? whole.length)
        expect(bytesIn(read(bytes, table))).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 1000 },
    )
  })
  test('every single byte may be any other: nothing but SqliteFault is thrown', () => {
    for (let at = 0; at < rows.length; at += 5)
      read(
        changed(rows, (copy) => copy.writeUInt8((copy[at] ?? 0) ^ 0xff, at)),
        'rows',
      )
    expect(read(rows, 'rows')).toHaveLength(400)
  })
})
