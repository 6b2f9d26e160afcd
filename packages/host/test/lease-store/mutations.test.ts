import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { acquireAddress, leaseKey, listLeases, releaseLease } from '@portolan/core'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'portolan-mutations-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** The number of damaged files. PORTOLAN_MUTATIONS=40000 tries more, PORTOLAN_SEED draws others. */
const tries = Number(process.env.PORTOLAN_MUTATIONS ?? 2500)
const seed = Number(process.env.PORTOLAN_SEED)

/** Random numbers below a bound, the same for a seed (mulberry32). */
const randomNumbers = (start: number): ((below: number) => number) => {
  let state = start
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** A store with some hundred leases, written by many transactions. Some of them released leases. */
const makeStore = async (directory: string): Promise<void> => {
  const store = openLeaseStore(directory)
  for (let replica = 1; replica <= 120; replica += 1) {
    const lease = await store.transact((state) =>
      acquireAddress(state, {
        on: { project: 'shop', network: 'web' },
        holder: { project: 'shop', service: 'nginx', replica },
        subnet: '10.0.0.0/16',
        gateway: '10.0.0.1',
        ipRange: null,
        address: null,
        mac: null,
      }),
    )
    if (replica % 7 === 0) await store.transact((state) => releaseLease(state, leaseKey(lease)))
  }
  await store.close()
}

const readAll = async (directory: string): Promise<string> => {
  const store = openLeaseStore(directory)
  try {
    return JSON.stringify(listLeases(await store.read()))
  } finally {
    await store.close()
  }
}

/** Where a byte is looked for: what holds the file together is little of it, so half of the bytes are taken there. */
const offsetIn = (length: number, random: (below: number) => number): number => {
  const page = random(length / 4096) * 4096
  const places = [() => random(2) * 4096 + random(192), () => page + random(192), () => random(length)]
  return (places[random(4)] ?? (() => random(length)))()
}

test(`a store with a byte changed is read whole or refused, never with fewer leases (${tries} files)`, async () => {
  const whole = join(folder, 'whole')
  await makeStore(whole)
  const expected = await readAll(whole)
  const bytes = readFileSync(join(whole, 'leases.mdb'))
  const used = (Math.floor(bytes.findLastIndex((byte) => byte !== 0) / 4096) + 1) * 4096
  const random = randomNumbers(seed)
  const outcomes = { whole: 0, refused: 0 }
  const attempt = async (number: number): Promise<void> => {
    const directory = join(folder, String(number))
    mkdirSync(directory)
    const damaged = Buffer.from(bytes)
    const at = offsetIn(used, random)
    const before = damaged.readUInt8(at)
    // Memory and disks lose a bit, and a program overwrites a byte.
    const after = random(2) === 0 ? before ^ (1 << random(8)) : random(256)
    damaged.writeUInt8(after, at)
    writeFileSync(join(directory, 'leases.mdb'), damaged)
    const answer = await readAll(directory).catch((error: { code?: string; message: string }) => error)
    if (answer === expected) outcomes.whole += 1
    else {
      expect({ at, before, after, answer }).toMatchObject({
        answer: { code: 'STATE', message: expect.stringMatching(/is damaged or not ours: .*left as it is/) },
      })
      outcomes.refused += 1
    }
    rmSync(directory, { recursive: true })
  }
  // Several at once: a file that looks damaged is read again after a pause, in case another process is writing.
  for (let first = 0; first < tries; first += 20)
    await Promise.all(Array.from({ length: Math.min(20, tries - first) }, (_, at) => attempt(first + at)))
  expect(outcomes.whole).toBeGreaterThan(tries / 20)
  expect(outcomes.refused).toBeGreaterThan(tries / 5)
  // Each file is read separately. On a busy machine all of them take longer than a test's usual limit.
}, 300_000)
