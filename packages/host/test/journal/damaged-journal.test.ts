import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { PortolanError } from '@portolan/netfilter'
import { fromJson } from '../../../../test/from-json.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import type { JournalChange } from '../../src/journal/record.ts'

/**
 * Every 61st bit of the file is flipped. No record length is a multiple of this number. PORTOLAN_JOURNAL=all: each bit.
 */
const step = process.env.PORTOLAN_JOURNAL === 'all' ? 1 : 61

/** In memory, because each journal waits for its disk when it is closed. */
const inMemory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

let folder = ''
let whole: Buffer = Buffer.alloc(0)
/** The content of the journal after each of its records, as text. The first is the empty one. */
const states: string[] = []
/** The position in the file where each of these ends. */
const ends: number[] = []

const textOf = (values: ReadonlyMap<string, unknown> | null): string =>
  JSON.stringify([...(values ?? [])].sort())

/** The records that a live host writes: networks, endpoints, ports that come and go, and names chosen by others. */
const records: readonly (readonly JournalChange[])[] = [
  [
    {
      key: 'network/web',
      value: { bridge: 'br-web', ip: { subnet: '172.17.0.0/16', gateway: '172.17.42.1' } },
    },
  ],
  [{ key: 'endpoint/web/é\n"one"', value: { ip: '172.17.0.1', mac: '02:42:ac:11:00:01' } }],
  ...Array.from({ length: 20 }, (_, at): readonly JournalChange[] => [
    { key: `port/tcp/${8000 + at}`, value: { hostPort: 8000 + at, to: { endpoint: 'one', port: 80 } } },
    { key: 'last', value: at },
  ]),
  ...Array.from({ length: 8 }, (_, at): readonly JournalChange[] => [
    { key: `port/tcp/${8000 + at}`, value: null },
  ]),
]

const fileOf = (name: string): string => join(folder, `${name}.journal`)

beforeAll(async () => {
  folder = mkdtempSync(join(inMemory, 'portolan-damaged-'))
  const journal = openJournal(fileOf('whole'))
  for (const changes of [[], ...records]) {
    // The file begins with its head and how many records there were: made with the first write.
    if (changes.length > 0) await journal.write(changes)
    states.push(textOf(journal.read()))
    ends.push(changes.length === 0 ? 0 : readFileSync(fileOf('whole')).length)
  }
  await journal.close()
  whole = readFileSync(fileOf('whole'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Opens a file with these bytes. `held` is its content; null: refused, with a message. */
const readBack = (bytes: Buffer): { readonly journal: Journal; readonly held: string | null } => {
  writeFileSync(fileOf('damaged'), bytes, { mode: 0o600 })
  const journal = openJournal(fileOf('damaged'))
  try {
    return { journal, held: textOf(journal.read()) }
  } catch (error) {
    expect(error).toBeInstanceOf(PortolanError)
    expect(error).toMatchObject({ code: 'STATE', message: expect.stringContaining('damaged.journal') })
    return { journal, held: null }
  }
}

/** Expects that the next record is kept, and that nothing else changes. */
const expectGoesOn = async (journal: Journal, held: string): Promise<void> => {
  await journal.write([{ key: 'next', value: 'kept' }])
  const wanted = JSON.stringify([...JSON.parse(held), ['next', 'kept']].sort())
  const again = openJournal(fileOf('damaged'))
  expect([textOf(journal.read()), textOf(again.read())]).toEqual([wanted, wanted])
  await again.close()
}

test('cut anywhere, it holds exactly the records that are whole, or is refused, and the next record is kept', async () => {
  for (let length = 0; length < whole.length; length += 1) {
    const { journal, held } = readBack(whole.subarray(0, length))
    const complete = ends.filter((end) => end <= length).length - 1
    // Before the first record there may be its head and no more: nothing is held then.
    const wanted = states[Math.max(0, complete)]
    expect({ length, held: held ?? states[0] }).toEqual({ length, held: wanted })
    if (held !== null) await expectGoesOn(journal, held)
    await journal.close()
  }
})

test('with any bit turned, every value it holds is one that was written for that key', async () => {
  const written = new Map<string, Set<string>>()
  for (const { key, value } of records.flat())
    written.set(key, (written.get(key) ?? new Set()).add(JSON.stringify(value)))
  let [tried, refused] = [0, 0]
  for (let bit = 0; bit < whole.length * 8; bit += step) {
    const bytes = Buffer.from(whole)
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const { journal, held } = readBack(bytes)
    tried += 1
    if (held === null) refused += 1
    else {
      const values = fromJson<readonly (readonly [string, unknown])[]>(held)
      const foreign = values.filter(([key, value]) => written.get(key)?.has(JSON.stringify(value)) !== true)
      expect({ bit, foreign }).toEqual({ bit, foreign: [] })
      await expectGoesOn(journal, held)
    }
    await journal.close()
  }
  // Only the header decides whether the file is a journal of Portolan's.
  expect(refused).toBeGreaterThan(0)
  expect(refused).toBeLessThan(tried / 4)
})

/** A journal of three records that depend on each other, as a live host writes them. */
const chain = async (): Promise<Buffer> => {
  const journal = openJournal(fileOf('chain'))
  await journal.write([{ key: 'one', value: 'one' }])
  for (const key of ['two', 'three']) await journal.write([{ key, value: key }], countOf(journal))
  await journal.close()
  return readFileSync(fileOf('chain'))
}

const countOf = (journal: Journal): number => {
  journal.read()
  return journal.count
}

test('with a record damaged that later ones build on, it is refused and left as it is', async () => {
  const bytes = await chain()
  bytes[bytes.indexOf('"two"')] = 0x58
  const { journal, held } = readBack(bytes)
  expect(held).toBeNull()
  expect(() => journal.read()).toThrow('a record in it is damaged, and later ones build on it')
  expect(readFileSync(fileOf('damaged')).equals(bytes)).toBe(true)
  await journal.close()
})

test('with a hole that a power cut left, it holds what comes before the hole', async () => {
  const bytes = await chain()
  bytes.fill(0, bytes.indexOf('"two"') - 12, bytes.indexOf('"two"') + 4)
  const { journal, held } = readBack(bytes)
  expect(held).toBe(JSON.stringify([['one', 'one']]))
  await expectGoesOn(journal, held ?? '')
  await journal.close()
})
