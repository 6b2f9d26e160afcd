import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { openJournal } from '../../src/journal/open-journal.ts'
import { heldIn } from './held-in.ts'
import { journalInFolder } from './journal-in-folder.ts'

const at = journalInFolder('live', 'shop.journal')
const { open, opened, append } = at

describe('a journal', () => {
  test('is no file until something is written, and then only the owner may open it', async () => {
    const journal = open()
    expect(journal.read()).toBeNull()
    await journal.write([{ key: 'a', value: { port: 80 } }])
    expect(heldIn(journal)).toEqual({ a: { port: 80 } })
    expect(statSync(at.file).mode & 0o777).toBe(0o600)
  })

  test('has what another one wrote as JSON in its stead, as if it had been written by itself', async () => {
    const asked: unknown[] = []
    const encoder = new TextEncoder()
    const journal = openJournal(at.file, undefined, (changes) => {
      asked.push(changes)
      return changes.length === 1 ? null : encoder.encode('[["a","é"],["b"]]')
    })
    opened.push(journal)
    const changes = [
      { key: 'a', value: 'é' },
      { key: 'b', value: null },
    ]
    await journal.write([{ key: 'b', value: 1 }])
    expect(await journal.write(changes, journal.count)).not.toBeNull()
    expect(asked).toEqual([[{ key: 'b', value: 1 }], changes])
    for (const one of [journal, open()]) {
      expect(heldIn(one)).toEqual({ a: 'é' })
      expect(one.unread).toBe(0)
      expect(one.writerOf('a')).toBe(journal.writerOf('b'))
    }
  })

  test('holds what was written last, for every process that has it open or opens it later', async () => {
    const [one, other] = [open(), open()]
    await one.write([
      { key: 'a', value: 1 },
      { key: 'b', value: [2] },
    ])
    expect(heldIn(other)).toEqual({ a: 1, b: [2] })
    await other.write([
      { key: 'a', value: null },
      { key: 'ü\n', value: 'line\nbreak\u2028' },
    ])
    await one.close()
    for (const journal of [one, other, open()])
      expect(heldIn(journal)).toEqual({ b: [2], 'ü\n': 'line\nbreak\u2028' })
  })

  test('a record that was cut off counts as never written, and the next one is read', async () => {
    const journal = open()
    await journal.write([{ key: 'a', value: 1 }])
    const whole = readFileSync(at.file)
    await journal.write([
      { key: 'b', value: 2 },
      { key: 'c', value: 3 },
    ])
    const record = readFileSync(at.file).subarray(whole.length)
    for (let length = 1; length < record.length - 1; length += 1) {
      writeFileSync(at.file, Buffer.concat([whole, record.subarray(0, length)]))
      const after = openJournal(at.file)
      expect(heldIn(after)).toEqual({ a: 1 })
      await after.write([{ key: 'd', value: 4 }])
      expect(heldIn(after)).toEqual({ a: 1, d: 4 })
      await after.close()
    }
  })

  test('says how many records could not be read', async () => {
    const journal = open()
    await journal.write([{ key: 'a', value: 1 }])
    appendFileSync(at.file, '\n00000000 [["a",2]]\n')
    expect(heldIn(journal)).toEqual({ a: 1 })
    expect(journal.unread).toBe(1)
  })

  test.each([
    ['another file', 'hello\n', 'it is not a journal of ours'],
    ['one that was cut off at its beginning', '', 'it is cut off before its first record'],
    [
      'one that was cut off in its first record',
      '\n081302f9 ["portolan jour',
      'it is cut off before its first record',
    ],
    [
      'one of a later form',
      '\n081302f9 ["portolan journal",2]\n',
      'was written by a later version of Portolan: it has the form 2, and this version reads 1. It records what is wanted. It was left as it is. Use that version. If you cannot, move it away to begin anew.',
    ],
  ])('refuses %s and leaves it as it is', async (_name, text, reason) => {
    await open().write([{ key: 'a', value: 1 }])
    await opened[0]?.close()
    writeFileSync(at.file, text)
    const journal = open()
    for (const attempt of [async () => journal.read(), () => journal.write([{ key: 'a', value: 2 }])])
      await expect(attempt()).rejects.toMatchObject({
        code: 'STATE',
        message: expect.stringContaining(reason),
      })
    expect(readFileSync(at.file, 'utf8')).toBe(text)
  })

  test('refuses a link', async () => {
    await open().write([{ key: 'a', value: 1 }])
    await opened[0]?.close()
    const elsewhere = join(at.folder, 'elsewhere')
    writeFileSync(elsewhere, readFileSync(at.file))
    rmSync(at.file)
    symlinkSync(elsewhere, at.file)
    expect(() => open().read()).toThrow('it is a symbolic link')
  })

  test('is written anew when most of it is no longer so, and keeps what is, for the processes that have it open', async () => {
    const [one, other] = [open(), open()]
    await one.write([{ key: 'kept', value: 'first' }])
    expect(heldIn(other)).toEqual({ kept: 'first' })
    const before = statSync(at.file).ino
    for (let number = 0; number < 6000; number += 1) await one.write([{ key: 'often', value: number }])
    await one.close()
    expect(statSync(at.file).ino).not.toBe(before)
    expect(statSync(at.file).size).toBeLessThan(200_000)
    expect(heldIn(other)).toEqual({ kept: 'first', often: 5999 })
    expect(readdirSync(join(at.folder, 'live')).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('one that was sealed by a process that was killed is written anew by the next that writes', async () => {
    const journal = open()
    await journal.write([{ key: 'a', value: 1 }])
    const seal = '\n14871ed7 "sealed"\n'
    appendFileSync(at.file, seal)
    const stale = openJournal(at.file)
    expect(heldIn(stale)).toEqual({ a: 1 })
    await journal.write([{ key: 'b', value: 2 }])
    expect(heldIn(stale)).toEqual({ a: 1, b: 2 })
    expect(readFileSync(at.file, 'utf8')).not.toContain('sealed')
    await stale.close()
  })

  test('does not take what was decided on before another record came, wherever that is read', async () => {
    const [one, other] = [open(), open()]
    await one.write([{ key: 'a', value: 1 }])
    const { count } = one
    expect(await other.write([{ key: 'a', value: 2 }])).not.toBeNull()
    const size = statSync(at.file).size
    expect(await one.write([{ key: 'a', value: 3 }], count)).toBeNull()
    expect(statSync(at.file).size).toBe(size)
    expect(heldIn(one)).toEqual({ a: 2 })
    // Written in the instant between a look and the record of another process, it is in the file and counts for none.
    const record = `[[["a",4]],"late",${count}]`
    append(record)
    for (const journal of [one, other, open()]) expect(heldIn(journal)).toEqual({ a: 2 })
    expect(await one.write([{ key: 'a', value: 5 }], one.count)).not.toBeNull()
    expect(heldIn(other)).toEqual({ a: 5 })
  })

  test('tells what is known without a look, and writes nothing that was decided on before another record came', async () => {
    const [one, other] = [open(), open()]
    await one.write([{ key: 'a', value: 1 }])
    const { count } = one
    await other.write([{ key: 'b', value: 2 }])
    expect(one.asKnown(() => heldIn(one))).toEqual({ a: 1 })
    expect(one.count).toBe(count)
    expect(await one.write([{ key: 'c', value: 3 }], count)).toBeNull()
    expect(heldIn(one)).toEqual({ a: 1, b: 2 })
    expect(heldIn(open())).toEqual({ a: 1, b: 2 })
  })

  test('reads what another process appends between the look and the record, which counts no more then', async () => {
    const one = open()
    await one.write([{ key: 'a', value: 1 }])
    one.read()
    const { count } = one
    const record = `[[["b",2]],"other",${count}]`
    append(record)
    // In the same turn of the event loop, so that it is written without another check.
    expect(await one.write([{ key: 'c', value: 3 }], count)).toBeNull()
    for (const journal of [one, open()]) expect(heldIn(journal)).toEqual({ a: 1, b: 2 })
    expect(await one.write([{ key: 'c', value: 3 }], one.count)).not.toBeNull()
    for (const journal of [one, open()]) expect(heldIn(journal)).toEqual({ a: 1, b: 2, c: 3 })
  })

  test('holds what it wrote itself as others read it', async () => {
    const written = open()
    const value = { port: 80, targets: [{ name: 'ü\ud800', weight: 1 }], from: null, shared: [[], {}] }
    await written.write([{ key: 'a', value }])
    await written.write([{ key: 'b', value }], written.count)
    expect(heldIn(written)).toEqual(heldIn(open()))
  })

  test.each(['is removed', 'is moved away with its folder', 'is replaced'])(
    'a file that %s is not written to any more, within a turn of the event loop too',
    async (how) => {
      const one = open()
      await one.write([{ key: 'a', value: 1 }])
      expect(heldIn(one)).toEqual({ a: 1 })
      const before = readFileSync(at.file)
      if (how === 'is removed') rmSync(at.file)
      else if (how === 'is replaced') {
        writeFileSync(`${at.file}.new`, before, { mode: 0o600 })
        renameSync(`${at.file}.new`, at.file)
      } else {
        renameSync(join(at.folder, 'live'), join(at.folder, 'moved'))
        await new Promise((resolve) => setImmediate(resolve))
      }
      await one.write([{ key: 'b', value: 2 }], one.count)
      await one.write([{ key: 'c', value: 3 }])
      expect(heldIn(open())).toMatchObject({ c: 3 })
      expect(heldIn(one)).toEqual(heldIn(open()))
    },
  )

  test('tells which record wrote or removed a key last, wherever that is read', async () => {
    const [one, other] = [open(), open()]
    const first = await one.write([{ key: 'a', value: 1 }])
    expect(one.writerOf('a')).toBe(first)
    const second = await other.write([{ key: 'a', value: 1 }])
    one.read()
    expect(one.writerOf('a')).toBe(second)
    expect(second).not.toBe(first)
    expect(one.writerOf('b')).toBeNull()
    const third = await one.write([{ key: 'a', value: null }])
    other.read()
    expect(other.writerOf('a')).toBe(third)
  })

  test('counts on where the file is written anew', async () => {
    const [one, other] = [open(), open()]
    await one.write([{ key: 'often', value: 0 }])
    const { count } = one
    for (let number = 1; number <= 6000; number += 1) await one.write([{ key: 'often', value: number }])
    await one.close()
    other.read()
    expect(other.count).toBe(count + 6000)
  })

  test('what a process left that was killed while it wrote the file anew is removed by the next that does', async () => {
    const journal = open()
    await journal.write([{ key: 'a', value: 1 }])
    const left = `${at.file}.77-1.tmp`
    writeFileSync(left, '')
    utimesSync(left, 0, 0)
    for (let number = 0; number < 6000; number += 1) await journal.write([{ key: 'a', value: number }])
    await journal.close()
    expect(existsSync(left)).toBe(false)
  })
})
