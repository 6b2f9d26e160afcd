import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'
import { takeTurn } from '../../src/lease-store/turn-lock.ts'
import { takeWriterTurn } from '../../src/lease-store/writer-turn.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-turn-'))
afterAll(() => rmSync(folder, { recursive: true }))

const makeDirectory = (name: string): string => {
  const directory = join(folder, name)
  mkdirSync(directory)
  return directory
}

describe('takeTurn', () => {
  test('gives the turn to one at a time, and leaves nothing behind', async () => {
    const directory = makeDirectory('one')
    const release = await takeTurn(directory, 0)
    expect(await takeTurn(directory, 100)).toBeNull()
    const second = takeTurn(directory, 10_000)
    await release?.()
    await (await second)?.()
    expect(readdirSync(directory)).toEqual([])
  })

  test('works in a directory whose path no socket may have', async () => {
    const directory = makeDirectory('x'.repeat(200))
    const release = await takeTurn(directory, 0)
    expect(readdirSync(directory)).toEqual(['leases.turn'])
    await release?.()
  })

  test('takes the turn of a holder that was killed, once, however many wait', async () => {
    const directory = makeDirectory('killed')
    const holder = spawn(process.execPath, [
      '-e',
      `process.chdir(${JSON.stringify(directory)})
       require('net').createServer().listen('.turn-0', () => { require('fs').linkSync('.turn-0', 'leases.turn'); console.log('held') })`,
    ])
    await once(holder.stdout, 'data')
    const ended = once(holder, 'exit')
    holder.kill('SIGKILL')
    await ended
    let holding = 0
    const most: number[] = []
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        const release = await takeTurn(directory, 60_000)
        // Null: it waited in vain for the holder that was killed.
        expect(release).not.toBeNull()
        holding += 1
        most.push(holding)
        await new Promise(setImmediate)
        holding -= 1
        await release?.()
      }),
    )
    expect(most).toEqual([1, 1, 1, 1, 1])
    expect(readdirSync(directory).sort()).toEqual(['.turn-0', 'leases.lock'])
  })
})

describe('a process that binds a name', () => {
  test('holds up no writer', async () => {
    const directory = makeDirectory('squatted')
    const { dev, ino } = statSync(directory, { bigint: true })
    const squatter = createServer()
    const name = `portolan-leases-${dev}-${ino}-`.padEnd(107, '-')
    await new Promise<void>((resolve) => squatter.listen(`\0${name}`, resolve))
    const store = openLeaseStore(directory)
    await store.transact((state) => ({ state, changes: [], result: null }))
    // A writer that waits in vain for five seconds writes all the same. So the turn itself is tested too.
    const release = await takeTurn(directory, 0)
    expect(release).not.toBeNull()
    await release?.()
    await store.close()
    squatter.close()
  })
})

test('no writer goes on without its turn', async () => {
  const directory = makeDirectory('kept')
  const release = await takeTurn(directory, 0)
  await expect(takeWriterTurn(directory, 100)).rejects.toThrow(
    `another process has used it for 0.1 s, which takes milliseconds: it may be suspended. Find it with "fuser ${directory}/leases.mdb", resume or end it, and run this again`,
  )
  await expect(takeWriterTurn(join(directory, 'none'))).rejects.toThrow('ENOENT')
  await release?.()
  await (await takeWriterTurn(directory, 0))()
})
