import { existsSync, rmSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { heldIn } from './held-in.ts'
import { journalInFolder } from './journal-in-folder.ts'

const at = journalInFolder('live', 'shop.journal')
const { open } = at

describe('a journal', () => {
  test('one that is lost is known on to those that had read it, and the next change writes it again', async () => {
    const [one, other, late] = [open(), open(), open()]
    await one.write([{ key: 'a', value: 1 }])
    expect(heldIn(other)).toEqual({ a: 1 })
    await one.write([{ key: 'b', value: 2 }])
    const { count } = one
    rmSync(at.file)
    expect([heldIn(one), heldIn(other), heldIn(late)]).toEqual([{ a: 1, b: 2 }, { a: 1, b: 2 }, null])
    expect([one, other, late].map((journal) => journal.isLost())).toEqual([true, true, false])
    await late.keep()
    expect(existsSync(at.file)).toBe(false)
    await other.write([{ key: 'c', value: 3 }], count)
    expect([one, other, late].map(heldIn)).toEqual(Array(3).fill({ a: 1, b: 2, c: 3 }))
    expect([one, other, late].map((journal) => journal.isLost())).toEqual([false, false, false])
    rmSync(at.folder, { recursive: true })
    // Changes by other programs are seen in the next turn.
    await new Promise((resolve) => setImmediate(resolve))
    await one.keep()
    expect(existsSync(at.file)).toBe(true)
    expect([one, other, late].map(heldIn)).toEqual(Array(3).fill({ a: 1, b: 2, c: 3 }))
    expect(other.count).toBe(count + 1)
  })

  test.each([true, false])(
    'a change in the turn that the file is lost in is made once, decided on before: %s',
    async (isDecided) => {
      const [one, other] = [open(), open()]
      await one.write([
        { key: 'a', value: 1 },
        { key: 'b', value: 1 },
      ])
      expect(heldIn(one)).toEqual({ a: 1, b: 1 })
      const { count } = one
      rmSync(at.file)
      const changes = [
        { key: 'b', value: null },
        { key: 'c', value: 2 },
      ]
      const mark = await one.write(changes, ...(isDecided ? [count] : []))
      expect(mark).not.toBeNull()
      expect(other.read()).toEqual(
        new Map([
          ['a', 1],
          ['c', 2],
        ]),
      )
      expect([other.writerOf('c'), other.count, one.count]).toEqual([mark, count + 1, count + 1])
    },
  )

  test('one that another process removed is not lost, though this one has not read its end', async () => {
    const [one, other] = [open(), open()]
    await one.write([{ key: 'a', value: 1 }])
    expect(heldIn(other)).toEqual({ a: 1 })
    open().remove()
    expect([one.isLost(), other.isLost()]).toEqual([false, false])
    await other.keep()
    expect([heldIn(one), heldIn(other)]).toEqual([null, null])
  })

  test('one that is removed is gone for all, and begins anew with the next change', async () => {
    const [one, other] = [open(), open()]
    await one.write([{ key: 'a', value: 1 }])
    expect(heldIn(other)).toEqual({ a: 1 })
    one.remove()
    expect([heldIn(one), heldIn(other)]).toEqual([null, null])
    await other.write([{ key: 'b', value: 2 }])
    expect(heldIn(one)).toEqual({ b: 2 })
  })
})
