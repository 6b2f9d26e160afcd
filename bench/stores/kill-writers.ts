// Kills writers of each store with SIGKILL, and looks for the leases that they acknowledged. Two writers share a store,
// and each is killed some milliseconds after its first lease.
// Usage: node bench/dist/stores/kill-writers.js [ROUNDS]
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { listLeases } from '@portolan/core'
import { openStore, type StoreName, storeNames, whyAbsent } from './open-stores.ts'

const program = fileURLToPath(new URL('./writer.js', import.meta.url))
const rounds = Number(process.argv[2] ?? 100)

/** The distance between the replica numbers of two writers, so that they never overlap. */
const apart = 1_000_000

interface Acknowledged {
  readonly leases: ReadonlyMap<number, string>
  readonly signal: string | null
  readonly stderr: string
}

/** Starts a writer, and kills it so many milliseconds after its first output. */
const killOne = (
  name: StoreName,
  directory: string,
  writer: number,
  afterMs: number,
): Promise<Acknowledged> =>
  new Promise((resolve) => {
    const words = ['--no-warnings', program, name, directory, String(writer * apart + 1)]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    let stderr = ''
    child.stdout.on('data', (text) => {
      if (said === '') void wait(afterMs).then(() => child.kill('SIGKILL'))
      said += text
    })
    child.stderr.on('data', (text) => {
      stderr += text
    })
    child.on('close', (_code, signal) => {
      // The kill cut off a line without an end. The lines before it are acknowledged leases.
      const lines = said.split('\n').slice(0, -1)
      const leases = lines.map((line): readonly [number, string] => {
        const [replica = '', address = ''] = line.split(' ')
        return [Number(replica), address]
      })
      resolve({ leases: new Map(leases), signal, stderr })
    })
  })

const tryStore = async (name: StoreName): Promise<string> => {
  const directory = mkdtempSync(join(process.env.PORTOLAN_BENCH_DIR ?? tmpdir(), 'portolan-stores-'))
  try {
    const acknowledged = new Map<number, string>()
    let killed = 0
    for (let round = 0; round < rounds; round += 1) {
      const writers = [2 * round + 1, 2 * round + 2].map((writer) =>
        killOne(name, directory, writer, Math.random() * 100),
      )
      for (const { leases, signal, stderr } of await Promise.all(writers)) {
        if (signal !== 'SIGKILL') throw new Error(`a writer of ${name} ended by itself: ${stderr}`)
        killed += 1
        for (const [replica, address] of leases) acknowledged.set(replica, address)
      }
    }
    const store = openStore(name, directory)
    const there = new Map<number, string>()
    for (const lease of listLeases(await store.read()))
      if (lease.kind === 'address') there.set(lease.holder.replica, lease.address)
    await store.close()
    const lost = [...acknowledged].filter(([replica, address]) => there.get(replica) !== address).length
    const twice = there.size - new Set(there.values()).size
    return `${killed} writers killed, ${acknowledged.size} leases acknowledged, ${lost} lost, ${twice} leased twice`
  } finally {
    rmSync(directory, { recursive: true })
  }
}

for (const name of storeNames) {
  const why = whyAbsent(name)
  process.stdout.write(`${name}: ${why === null ? await tryStore(name) : `not tried, ${why}`}\n`)
}
