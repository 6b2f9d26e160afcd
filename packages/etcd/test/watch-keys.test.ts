import { EventEmitter } from 'node:events'
import { expect, test } from '@jest/globals'
import { BlockStoreError } from '@portolan/core/block-store-error'
import type { Etcd3 } from 'etcd3'
import { partOf } from '../../../test/part-of.ts'
import type { EtcdServers } from '../src/etcd-servers.ts'
import { keySpace } from '../src/key-space.ts'
import { lastReading, readKeys } from '../src/read-keys.ts'
import { watchKeys } from '../src/watch-keys.ts'

const keys = keySpace('shop')

/** A server of etcd, with one key whose value is told; `revision` is asked with each answer. */
const serverOf = (value: () => string, revision: () => number): EtcdServers => {
  const stream = Object.assign(new EventEmitter(), {
    write: () => {
      const created = { created: true, canceled: false, compact_revision: '0', events: [] }
      queueMicrotask(() => stream.emit('data', { ...created, header: { revision: revision() } }))
    },
    end: () => undefined,
    cancel: () => undefined,
  })
  const range = async () => ({
    header: { revision: String(revision()) },
    kvs: [
      {
        key: keys.keyOf('hosts/a'),
        value: Buffer.from(value()),
        ...{ create_revision: '1', mod_revision: '2' },
      },
    ],
  })
  const client = partOf<Etcd3>({ kv: { range }, watchClient: { watch: async () => stream } })
  return { ask: (request) => request(client), close: () => undefined } as EtcdServers
}

const lost = (cause: unknown): BlockStoreError => new BlockStoreError('CLUSTER_UNREACHABLE', String(cause))

test.each([
  ['before it is asked for that', [12, 12]],
  ['while it is asked for that', [8, 12]],
])('a watch is over where an older copy of etcd passes what was read %s', async (_when, later) => {
  let value = 'as it was'
  const revisions = [10, ...later]
  const servers = serverOf(
    () => value,
    () => revisions.shift() ?? 12,
  )
  const last = lastReading(keys)
  const { revision } = last.note(await servers.ask((client) => readKeys(client, keys)))
  value = 'otherwise'
  const watch = watchKeys(servers, keys, revision + 1, last, lost)
  const next = watch[Symbol.asyncIterator]().next()
  // All answers are there by the next turn of the event loop.
  setImmediate(() => watch.close())
  await expect(next).rejects.toMatchObject({
    code: 'CLUSTER_COMPACTED',
    message: expect.stringContaining('something else at revision 10'),
  })
})

test('a watch goes on where a server of etcd was behind, and has what was read', async () => {
  const revisions = [10, 8]
  const servers = serverOf(
    () => 'as it was',
    () => revisions.shift() ?? 12,
  )
  const last = lastReading(keys)
  const { revision } = last.note(await servers.ask((client) => readKeys(client, keys)))
  const watch = watchKeys(servers, keys, revision + 1, last, lost)
  setImmediate(() => watch.close())
  expect(await watch[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
})
