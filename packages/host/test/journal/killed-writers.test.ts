import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openJournal } from '../../src/journal/open-journal.ts'
import { writeOneFile } from '../lease-store/one-file.ts'

/** Each kill costs the start of a Node process. For more: PORTOLAN_KILLS=1000. */
const kills = Number(process.env.PORTOLAN_KILLS ?? 40)

let folder = ''
let program = ''
beforeAll(async () => {
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'portolan-journal-'))
  program = join(folder, 'write-records.cjs')
  await writeOneFile(join(import.meta.dirname, 'write-records.ts'), program)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** @returns the last number that was on the disk when the process ended */
const write = (
  file: string,
  name: string,
  count: number,
  killAt = Number.POSITIVE_INFINITY,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, file, name, String(count)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    let last = 0
    let rest = ''
    let errors = ''
    child.stderr.on('data', (text) => {
      errors += text
    })
    child.stdout.on('data', (text) => {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) last = Number(line)
      if (last >= killAt) child.kill('SIGKILL')
    })
    child.on('close', (_code, signal) => {
      if (errors !== '') reject(new Error(errors))
      else if (signal === null && last !== count) reject(new Error(`ended after ${last} of ${count}`))
      else resolve(last)
    })
  })

describe('processes that write to one journal', () => {
  test('four at once lose nothing of each other, while the file is written anew again and again', async () => {
    const file = join(folder, 'four.journal')
    const names = ['a', 'b', 'c', 'd']
    await Promise.all(names.map((name) => write(file, name, 6000)))
    const journal = openJournal(file)
    const held = journal.read()
    for (const name of names) {
      expect(held?.get(`${name}/last`)).toBe(6000)
      for (let number = 5994; number <= 6000; number += 1)
        expect(held?.get(`${name}/${number % 7}`)).toBe(number)
    }
    expect(held?.size).toBe(4 * 8)
    expect(journal.unread).toBe(0)
    await journal.close()
  })

  test(`${kills} that are killed at some instant lose nothing that was sure, nor of what others write`, async () => {
    const file = join(folder, 'killed.journal')
    const steady = write(file, 'steady', 40 * kills)
    const sure: number[] = []
    for (let at = 0; at < kills; at += 2) {
      const pair = [at, at + 1].map((one) => write(file, `k${one}`, 1e6, 1 + ((one * 7919) % 2500)))
      sure.push(...(await Promise.all(pair)))
    }
    const last = await steady
    const journal = openJournal(file)
    const held = journal.read()
    for (const [at, number] of sure.entries()) {
      // The record that was being written at the kill may also be there, as a whole.
      const found = Number(held?.get(`k${at}/last`))
      expect(found).toBeGreaterThanOrEqual(number)
      expect(held?.get(`k${at}/${found % 7}`)).toBe(found)
    }
    expect(held?.get('steady/last')).toBe(last)
    await journal.close()
  })
})
