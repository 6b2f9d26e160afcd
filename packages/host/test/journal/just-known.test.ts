import { rmSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import type { Journal } from '../../src/journal/journal.ts'
import { journalInFolder } from './journal-in-folder.ts'

const at = journalInFolder('shop.journal')
const { open, append } = at

const heldIn = (journal: Journal): unknown => Object.fromEntries(journal.read() ?? [])

test('writes at once what was decided on just now, and takes a look of this turn for one', async () => {
  const [one, other] = [open(), open()]
  await one.write([{ key: 'a', value: 1 }])
  one.read()
  const written = one.write([{ key: 'b', value: 2 }], one.count)
  expect(written).toEqual(expect.any(String))
  expect(heldIn(other)).toEqual({ a: 1, b: 2 })
  await null
  append(`[[["c",3]],"other",${one.count}]`)
  const known = one.asJustKnown(() => heldIn(one))
  expect([
    { a: 1, b: 2 },
    { a: 1, b: 2, c: 3 },
  ]).toContainEqual(known)
  // What is decided on without the record of another process counts for nothing all the same.
  expect(await one.write([{ key: 'd', value: 4 }], other.count)).toBeNull()
  for (const journal of [one, other]) expect(heldIn(journal)).toEqual({ a: 1, b: 2, c: 3 })
})

test('looks for what other processes did meanwhile once the event loop had a turn', async () => {
  const one = open()
  await one.write([{ key: 'a', value: 1 }])
  append(`[[["b",2]],"other",${one.count}]`)
  await new Promise((resolve) => setImmediate(resolve))
  expect(one.asJustKnown(() => heldIn(one))).toEqual({ a: 1, b: 2 })
})

test('is written again where it was lost since it was looked at in this turn', async () => {
  const one = open()
  await one.write([{ key: 'a', value: 1 }])
  one.read()
  rmSync(at.file)
  await one.write([{ key: 'b', value: 2 }], one.count)
  for (const journal of [one, open()]) expect(heldIn(journal)).toEqual({ a: 1, b: 2 })
})

test('fails with a promise', async () => {
  const journal = open()
  const circle: unknown[] = []
  circle.push(circle)
  const written = journal.write([{ key: 'a', value: circle }])
  expect(written).toBeInstanceOf(Promise)
  await expect(written).rejects.toThrow('could not be written')
})
