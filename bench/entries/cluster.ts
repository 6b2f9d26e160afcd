import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type BlockStore, claimBlocks, runBlockSteps, setUpCluster } from '@portolan/core'
import { openEtcdStore } from '@portolan/etcd'
import type { Entry, Scale } from '../entry.ts'
import { measure } from '../measure.ts'
import type { Row } from '../row.ts'

const port = 2379
const endpoint = `127.0.0.1:${port}`

interface Server extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts the installed etcd. It syncs each transaction to the disk of the folder PORTOLAN_BENCH_DIR. */
const startEtcd = async (): Promise<Server> => {
  const folder = mkdtempSync(join(process.env.PORTOLAN_BENCH_DIR ?? tmpdir(), 'portolan-bench-'))
  const peers = ['--listen-peer-urls', `http://127.0.0.1:${port + 1}`]
  const server: ChildProcess = spawn('etcd', ['--data-dir', folder, '--log-level', 'error', ...peers], {
    stdio: 'ignore',
  })
  const ended = new Promise<Error | null>((resolve) => {
    server.on('error', resolve)
    server.on('exit', () => resolve(null))
  })
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  const store = openEtcdStore({ cluster: 'ready', endpoints: [endpoint] })
  for (let answers = false; !answers; ) {
    if (isOver) throw new Error(`etcd could not be started. ${(await ended)?.message ?? 'It ended at once.'}`)
    answers = await store.read().then(
      () => true,
      () => false,
    )
    if (!answers) await delay(50)
  }
  await store.close()
  return {
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A store that counts the requests to etcd. */
const counting = (store: BlockStore): BlockStore & { readonly requests: () => number } => {
  let requests = 0
  const counted =
    <Given extends readonly unknown[], Result>(work: (...given: Given) => Promise<Result>) =>
    (...given: Given): Promise<Result> => {
      requests += 1
      return work(...given)
    }
  return {
    ...store,
    read: counted(store.read),
    commit: counted(store.commit),
    grantLease: counted(store.grantLease),
    requests: () => requests,
  }
}

let nonces = 0
const newNonce = (): string => {
  nonces += 1
  return `n${nonces}`
}

const joinAs = async (store: BlockStore, host: string): Promise<void> => {
  const lease = await store.grantLease(60)
  await runBlockSteps(store, claimBlocks({ host, incarnation: host, lease, newNonce }))
}

/** Writes blocks of other hosts, a hundred per transaction, in the form that claims write. */
const fill = async (store: BlockStore, held: number): Promise<void> => {
  for (let at = 0; at < held; at += 100)
    await store.commit({
      when: [],
      writes: Array.from({ length: Math.min(100, held - at) }, (_, more) => ({
        kind: 'put' as const,
        key: `blocks/ip/${(0x0a000000 + (at + more) * 256).toString(16).padStart(8, '0')}-24`,
        value: JSON.stringify({
          host: `other-${at + more}`,
          incarnation: 'b0bd7206-d24e-44f9-a390-392404757dc1',
          nonce: 'e773bc2d-865e-4acd-8077-21dd660a8299',
          state: 'held',
        }),
        lease: null,
      })),
    })
}

/** @param isNew - true: each round another host claims a block; false: one host verifies the block it has */
const oneJoin = async (held: number, isNew: boolean, { rounds }: Scale): Promise<Row> => {
  const store = counting(
    openEtcdStore({ cluster: `${isNew ? 'new' : 'known'}-${held}`, endpoints: [endpoint] }),
  )
  await runBlockSteps(store, setUpCluster(['10.0.0.0/8:24']))
  await fill(store, held)
  let hosts = 0
  await joinAs(store, 'host-0')
  let before = store.requests()
  const measured = await measure(
    () => {
      before = store.requests()
      if (isNew) hosts += 1
      return joinAs(store, `host-${hosts}`)
    },
    { count: rounds(51), warmUp: rounds(10) },
  )
  const requests = store.requests() - before
  await store.close()
  return {
    what: `${isNew ? 'claim a block' : 'verify the block of a host'}, ${held} held by others: ${requests} requests`,
    unit: 'ms',
    measured,
    mark: null,
    peers: [],
  }
}

const atOnce = async (hosts: number, blocks: number, { rounds }: Scale): Promise<Row> => {
  let round = 0
  let requests = 0
  const measured = await measure(
    async () => {
      round += 1
      const store = counting(openEtcdStore({ cluster: `at-once-${hosts}-${round}`, endpoints: [endpoint] }))
      await runBlockSteps(store, setUpCluster([`10.0.0.0/${24 - Math.log2(blocks)}:24`]))
      const before = store.requests()
      await Promise.all(Array.from({ length: hosts }, (_, at) => joinAs(store, `host-${at}`)))
      requests = store.requests() - before
      await store.close()
    },
    { count: rounds(5), warmUp: rounds(1) },
  )
  const each = (requests / hosts).toFixed(1)
  return {
    what: `${hosts} hosts claim at once from ${blocks} blocks: ${each} requests a host`,
    unit: 'ms',
    measured,
    mark: null,
    peers: [],
  }
}

export const entry: Entry = {
  about: 'claiming blocks of a cluster from etcd on this machine: time and requests, by blocks and by hosts',
  needs: 'namespace',
  measure: async (scale) => {
    await using _server = await startEtcd()
    const rows: Row[] = []
    for (const held of [100, 1_000, 10_000])
      for (const isNew of [true, false]) rows.push(await oneJoin(scale.count(held), isNew, scale))
    rows.push(await atOnce(50, 64, scale))
    if (!scale.isQuick) rows.push(await atOnce(200, 256, scale), await atOnce(400, 512, scale))
    return rows
  },
}
