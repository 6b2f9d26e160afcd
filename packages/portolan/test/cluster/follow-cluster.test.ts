import { expect, test } from '@jest/globals'
import { type BlockChanges, type BlockStore, BlockStoreError, memoryBlockStore } from '@portolan/core'
import { followCluster } from '../../src/cluster/follow-cluster.ts'

const put = (revision: number): BlockChanges => ({
  revision,
  changes: [
    {
      key: `nodes/host-${revision}`,
      entry: { key: `nodes/host-${revision}`, value: '{}', created: revision, modified: revision },
    },
  ],
})

/** A store whose watch has these changes at once, and then ends with an error. */
const storeWith = (changes: readonly BlockChanges[], error: Error): BlockStore => ({
  ...memoryBlockStore(),
  watch: () => ({
    async *[Symbol.asyncIterator]() {
      yield* changes
      throw error
    },
    close: () => {},
  }),
})

const away = new BlockStoreError('CLUSTER_UNREACHABLE', 'etcd does not answer')

test('changes that wait together give one snapshot, and an error comes after it', async () => {
  const store = storeWith(
    Array.from({ length: 200 }, (_, at) => put(at + 1)),
    away,
  )
  const seen: (readonly [revision: number, entries: number])[] = []
  const followed = async (): Promise<void> => {
    for await (const { revision, entries } of followCluster(store, new AbortController().signal))
      seen.push([revision, entries.length])
  }
  await expect(followed()).rejects.toBe(away)
  expect(seen).toEqual([
    [0, 0],
    [200, 200],
  ])
})

test('a key that came and went again while other changes waited is in no snapshot', async () => {
  const gone: BlockChanges = { revision: 3, changes: [{ key: 'nodes/host-1', entry: null }] }
  const store = storeWith([put(1), put(2), gone], away)
  const keys: string[] = []
  const followed = async (): Promise<void> => {
    for await (const { entries } of followCluster(store, new AbortController().signal))
      keys.push(entries.map(({ key }) => key).join())
  }
  await expect(followed()).rejects.toBe(away)
  expect(keys).toEqual(['', 'nodes/host-2'])
})
