import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type LeasedAddress, listLeases } from '@portolan/core'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'
import { type Child, startAllocating } from './children.ts'
import { writeOneFile } from './one-file.ts'

/** Each kill costs the start of a Node process. For thousands: PORTOLAN_KILLS=5000. */
const kills = Number(process.env.PORTOLAN_KILLS ?? 150)

/** A dying process takes no part of the page cache with it. So memory shows the same as a disk, and faster. */
const inMemory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

let folder = ''
let program = ''
beforeAll(async () => {
  folder = mkdtempSync(join(inMemory, 'portolan-leases-'))
  program = join(folder, 'allocate.cjs')
  await writeOneFile(join(import.meta.dirname, 'allocate.ts'), program)
})
afterAll(() => rmSync(folder, { recursive: true }))

const heldNow = async (directory: string): Promise<readonly LeasedAddress[]> => {
  const store = openLeaseStore(directory)
  const leases = listLeases(await store.read())
  await store.close()
  return leases.flatMap((lease) => (lease.kind === 'address' && lease.released === null ? [lease] : []))
}

const byHolder = (leases: readonly LeasedAddress[]): ReadonlyMap<string, string> =>
  new Map(leases.map(({ holder, address }) => [`${holder.service} ${holder.replica}`, address]))

/** Thousands of transactions wait for their turn. On a busy machine they take longer than a test's usual limit. */
const longestMs = 300_000

describe('many processes at once', () => {
  test(
    'eight of them take ten thousand addresses, and none is taken twice or lost',
    async () => {
      const directory = join(folder, 'eight')
      mkdirSync(directory)
      const children = Array.from({ length: 8 }, (_, index) =>
        startAllocating(program, directory, `s${index}`, { count: 1250, first: 1, batch: 1 }),
      )
      const said = await Promise.all(children.map((child) => child.said))
      expect(said.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
        Array(8).fill({ exitCode: 0, stderr: '' }),
      )
      const all = said.flatMap(({ held }) => [...held.values()])
      // Every fifth address was released again.
      expect(all).toHaveLength(8 * 1000)
      expect(new Set(all).size).toBe(all.length)
      const leases = byHolder(await heldNow(directory))
      expect(leases.size).toBe(all.length)
      for (const [index, { held }] of said.entries())
        for (const [replica, address] of held) expect(leases.get(`s${index} ${replica}`)).toBe(address)
    },
    longestMs,
  )

  // LMDB's last user removes its mutexes. Without the turn lock for closing, each process failed within 200 times.
  test(
    'six of them open it, take an address and close it 100 times each, and none finds it half closed',
    async () => {
      const directory = join(folder, 'reopened')
      mkdirSync(directory)
      const reopening = join(folder, 'reopen.cjs')
      await writeOneFile(join(import.meta.dirname, 'reopen.ts'), reopening)
      const ended = await Promise.all(
        ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
          promisify(execFile)(process.execPath, [reopening, directory, name, '100']),
        ),
      )
      expect(ended.map(({ stderr }) => stderr)).toEqual(Array(6).fill(''))
      const taken = ended.flatMap(({ stdout }) => stdout.trim().split('\n'))
      expect(new Set(taken).size).toBe(600)
      expect(await heldNow(directory)).toHaveLength(600)
    },
    longestMs,
  )
})

const isRoot = process.getuid?.() === 0

describe('a user that is not root', () => {
  const onlyAsRoot = isRoot ? test : test.skip
  onlyAsRoot('is told which user may write, and the store is left as it is', async () => {
    chmodSync(folder, 0o755)
    const directory = join(folder, 'of-root')
    mkdirSync(directory, { mode: 0o700 })
    const task = { count: 2, first: 1, batch: 1 }
    expect((await startAllocating(program, directory, 'a', task).said).held.size).toBe(2)
    for (const mode of [0o700, 0o755]) {
      chmodSync(directory, mode)
      chmodSync(join(directory, 'leases.mdb'), 0o600)
      const { held, stderr } = await startAllocating(program, directory, 'b', task, { uid: 65534 }).said
      expect(held.size).toBe(0)
      expect(stderr).toContain(`The lease store ${join(directory, 'leases.mdb')} could not be written`)
      expect(stderr).toContain('Run this as root, or give another directory with --state.')
    }
    expect(await heldNow(directory)).toHaveLength(2)
  })
})

/** The instant of a kill. */
type Instant =
  | 'while it opens the store'
  | 'while it takes one address after the other'
  | 'while it takes many'
const instants: readonly Instant[] = [
  'while it opens the store',
  'while it takes one address after the other',
  'while it takes many',
]

/** Measured: long enough to reach the end of the step in which a process is killed. Most are killed earlier. */
const longestDelayMs = (instant: Instant): number => (instant === 'while it opens the store' ? 8 : 12)

const killAt = (child: Child, instant: Instant): void => {
  const from = instant === 'while it opens the store' ? 'begin' : '+'
  child.onLine = (line) => {
    if (!line.startsWith(from)) return
    child.onLine = () => {}
    // No seed can repeat this: what the others do at that time depends on the machine.
    setTimeout(child.kill, Math.random() * longestDelayMs(instant))
  }
}

describe('a process that is killed', () => {
  const victims = ['a', 'b', 'c', 'd']
  const wavesOfAStore = 12

  test(`${kills} times, at any instant, with others at work: nothing acknowledged is lost, and the next one goes on`, async () => {
    let killed = 0
    let taken = 0
    let diedEmptyHanded = 0
    // On a busy machine most kills come too early or too late to show anything. So more processes are killed until
    // enough kills did.
    const isEnough = (): boolean => killed >= kills && taken > kills && diedEmptyHanded > kills / 30
    for (let store = 0; !isEnough() && killed < 10 * kills; store += 1) {
      const directory = join(folder, `killed-${store}`)
      mkdirSync(directory)
      const acknowledged = new Map<string, string>()
      const open = new Set<string>()
      const next = new Map<string, number>()
      for (let wave = 0; wave < wavesOfAStore && !isEnough(); wave += 1) {
        const dying = victims.map((service, index) => {
          const instant = instants[(wave + index) % instants.length] ?? 'while it takes many'
          const child = startAllocating(program, directory, service, {
            count: 1_000_000,
            first: next.get(service) ?? 1,
            batch: instant === 'while it takes many' ? 30 : 1,
          })
          killAt(child, instant)
          return { service, child, instant }
        })
        // The process after each kill must reach its end, whatever the others held when they were killed.
        const survivor = startAllocating(program, directory, `wave ${wave}`, { count: 8, first: 1, batch: 1 })
        for (const { service, child, instant } of dying) {
          const { held, unsure, last, signal, stderr } = await child.said
          expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' })
          for (const [replica, address] of held) acknowledged.set(`${service} ${replica}`, address)
          for (const replica of unsure) open.add(`${service} ${replica}`)
          // What a process was writing when it was killed may be stored, though it was never printed.
          next.set(service, last + 31)
          killed += 1
          taken += held.size
          if (held.size === 0 && instant === 'while it opens the store') diedEmptyHanded += 1
        }
        // This takes a second. A process that waits for an ended one would wait for ever.
        const watchdog = setTimeout(survivor.kill, 60_000)
        const { exitCode, signal, stderr } = await survivor.said
        clearTimeout(watchdog)
        expect({ exitCode, signal, stderr }).toEqual({ exitCode: 0, signal: null, stderr: '' })
        const leases = await heldNow(directory)
        const known = byHolder(leases)
        expect(new Set(leases.map(({ address }) => address)).size).toBe(leases.length)
        const lost = [...acknowledged].filter(
          ([holder, address]) => !open.has(holder) && known.get(holder) !== address,
        )
        expect(lost).toEqual([])
      }
      rmSync(directory, { recursive: true })
    }
    expect(taken).toBeGreaterThan(kills)
    expect(diedEmptyHanded).toBeGreaterThan(kills / 30)
  }, 3_600_000)
})
