import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type LeasedAddress, listLeases } from '@portolan/core'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'
import { startAllocating } from './children.ts'

/** Every kill costs the start of a Node process. Thousands of them: PORTOLAN_KILLS=5000. */
const kills = Number(process.env.PORTOLAN_KILLS ?? 12)

const built = existsSync(resolve(import.meta.dirname, '../../dist/lease-store/open-lease-store.js'))
if (!built) throw new Error('The packages are not built: run `npm run build` first.')

/** A process that dies takes nothing of the page cache along, so memory shows all a disk would, and sooner. */
const inMemory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(inMemory, 'portolan-leases-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const heldNow = async (): Promise<readonly LeasedAddress[]> => {
  const store = openLeaseStore(directory)
  const leases = listLeases(await store.read())
  await store.close()
  return leases.flatMap((lease) => (lease.kind === 'address' && lease.released === null ? [lease] : []))
}

const byHolder = (leases: readonly LeasedAddress[]): ReadonlyMap<string, string> =>
  new Map(leases.map(({ holder, address }) => [`${holder.service} ${holder.replica}`, address]))

describe('many processes at once', () => {
  test('eight of them take ten thousand addresses, and none is taken twice or lost', async () => {
    const children = Array.from({ length: 8 }, (_, index) => startAllocating(directory, `s${index}`, 1250))
    const said = await Promise.all(children.map((child) => child.said))
    expect(said.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
      Array(8).fill({ exitCode: 0, stderr: '' }),
    )
    const all = said.flatMap(({ held }) => [...held.values()])
    expect(all).toHaveLength(8 * 1000)
    expect(new Set(all).size).toBe(all.length)
    const leases = byHolder(await heldNow())
    expect(leases.size).toBe(all.length)
    for (const [index, { held }] of said.entries())
      for (const [replica, address] of held) expect(leases.get(`s${index} ${replica}`)).toBe(address)
  })
})

describe('a process that is killed', () => {
  test(`${kills} times, at any instant, with another one at work: nothing acknowledged is lost`, async () => {
    const acknowledged = new Map<string, string>()
    const open = new Set<string>()
    const next = new Map([
      ['a', 1],
      ['b', 1],
    ])
    for (let round = 0; round < kills; round += 1) {
      const victims = ['a', 'b'].map((service) => {
        const first = next.get(service) ?? 1
        const child = startAllocating(directory, service, 1_000_000, first)
        // From its first words on, so that it dies in the middle of its work and not before it began.
        child.onLine = () => {
          child.onLine = () => {}
          setTimeout(child.kill, Math.random() * 12)
        }
        return { service, child }
      })
      for (const { service, child } of victims) {
        const { held, unsure, last, signal, stderr } = await child.said
        expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' })
        for (const [replica, address] of held) acknowledged.set(`${service} ${replica}`, address)
        for (const replica of unsure) open.add(`${service} ${replica}`)
        next.set(service, last + 2)
      }
      if (round % 10 !== 9 && round !== kills - 1) continue
      const leases = await heldNow()
      const known = byHolder(leases)
      expect(new Set(leases.map(({ address }) => address)).size).toBe(leases.length)
      for (const [holder, address] of acknowledged)
        if (!open.has(holder)) expect([holder, known.get(holder)]).toEqual([holder, address])
    }
    expect(acknowledged.size).toBeGreaterThan(kills)
  }, 3_600_000)
})
