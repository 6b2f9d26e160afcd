import { expect, test } from '@jest/globals'
import {
  type BlockChanges,
  type BlockOperation,
  type BlockStore,
  type BlockWatch,
  claimBlocks,
  runBlockSteps,
  setUpCluster,
} from '@portolan/core'

/** An empty store, and the operations that only its server offers. */
export interface StoreUnderTest {
  readonly store: BlockStore
  /** Forgets every revision before this one. */
  compact(revision: number): Promise<void>
}

export const put = (key: string, value: string, lease: string | null = null): BlockOperation => ({
  kind: 'put',
  key,
  value,
  lease,
})

export const take = async (watch: BlockWatch, count: number): Promise<readonly BlockChanges[]> => {
  const seen: BlockChanges[] = []
  for await (const changes of watch) {
    seen.push(changes)
    if (seen.length >= count) watch.close()
  }
  return seen
}

const keysOf = async (store: BlockStore): Promise<readonly string[]> =>
  (await store.read()).entries.map(({ key, value }) => `${key}=${value}`)

/** The properties that the rules rely on. Every store must have them. */
export const testContract = (open: () => Promise<StoreUnderTest>): void => {
  test('a transaction whose conditions hold is carried out as a whole, at one revision', async () => {
    const { store } = await open()
    const { revision } = await store.read()
    const writes = [put('a', '1'), put('b', '2')]
    const when = [{ kind: 'created' as const, key: 'a', revision: 0 }]
    expect(await store.commit({ when, writes })).toEqual({ kind: 'committed', revision: revision + 1 })
    const at = { created: revision + 1, modified: revision + 1 }
    expect(await store.read()).toEqual({
      revision: revision + 1,
      entries: [
        { key: 'a', value: '1', ...at },
        { key: 'b', value: '2', ...at },
      ],
    })
  })

  test('a transaction with one condition that does not hold changes nothing, and returns the present entries', async () => {
    const { store } = await open()
    const { revision } = await store.commit({ when: [], writes: [put('a', '1')] })
    const refused = await store.commit({
      when: [
        { kind: 'created', key: 'b', revision: 0 },
        { kind: 'modified', key: 'a', revision: revision - 1 },
        { kind: 'created', key: 'a', revision: 0 },
      ],
      writes: [put('b', '2'), { kind: 'delete', key: 'a' }],
    })
    const found = [{ key: 'a', value: '1', created: revision, modified: revision }]
    expect(refused).toEqual({ kind: 'refused', revision, found })
    expect(await keysOf(store)).toEqual(['a=1'])
  })

  test('a condition on a key prefix holds until a key with that prefix is written, and a removed key does not end it', async () => {
    const { store } = await open()
    await store.commit({ when: [], writes: [put('a/1', '1'), put('b', '1')] })
    const { revision } = await store.read()
    const commitUnlessChanged = (key: string, last = revision) => ({
      ...{ when: [{ kind: 'unchanged' as const, key, revision: last }] },
      writes: [put('c', 'new')],
    })
    expect(await store.commit(commitUnlessChanged('a/'))).toMatchObject({ kind: 'committed' })
    expect(await store.commit(commitUnlessChanged('none/', 0))).toMatchObject({ kind: 'committed' })
    await store.commit({ when: [], writes: [put('b', '2'), { kind: 'delete', key: 'a/1' }] })
    expect(await store.commit(commitUnlessChanged('a/'))).toMatchObject({ kind: 'committed' })
    await store.commit({ when: [], writes: [put('a/2', '1')] })
    expect(await store.commit(commitUnlessChanged('a/'))).toMatchObject({ kind: 'refused', found: [] })
    expect(await store.commit(commitUnlessChanged('none/', 0))).toMatchObject({ kind: 'committed' })
  })

  test('a key keeps the revision at which it was created until it is removed', async () => {
    const { store } = await open()
    const first = await store.commit({ when: [], writes: [put('a', '1')] })
    const second = await store.commit({ when: [], writes: [put('a', '2')] })
    const { entries } = await store.read()
    expect(entries).toEqual([{ key: 'a', value: '2', created: first.revision, modified: second.revision }])
    await store.commit({ when: [], writes: [{ kind: 'delete', key: 'a' }] })
    const again = await store.commit({
      when: [{ kind: 'modified', key: 'a', revision: 0 }],
      writes: [put('a', '3')],
    })
    expect((await store.read()).entries[0]?.created).toBe(again.revision)
  })

  test('removing a key that does not exist makes no revision', async () => {
    const { store } = await open()
    const { revision } = await store.read()
    const ended = await store.commit({ when: [], writes: [{ kind: 'delete', key: 'a' }] })
    expect(ended).toEqual({ kind: 'committed', revision })
  })

  test('one of 30 transactions that create the same key at once is carried out', async () => {
    const { store } = await open()
    const when = [{ kind: 'created' as const, key: 'a', revision: 0 }]
    const ends = await Promise.all(
      Array.from({ length: 30 }, (_, at) => store.commit({ when, writes: [put('a', String(at))] })),
    )
    expect(ends.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
  })

  test('a watch reports each transaction after a revision, also those made before the watch began', async () => {
    const { store } = await open()
    const { revision } = await store.read()
    await store.commit({ when: [], writes: [put('a', '1')] })
    const seen = take(store.watch(revision + 1), 3)
    await store.commit({ when: [], writes: [put('a', '2'), put('b', '3')] })
    await store.commit({ when: [], writes: [{ kind: 'delete', key: 'a' }] })
    const reported = (await seen).map((one) => [
      one.revision - revision,
      ...one.changes.map(({ key, entry }) => `${key}=${entry?.value ?? 'gone'}`),
    ])
    expect(reported).toEqual([
      [1, 'a=1'],
      [2, 'a=2', 'b=3'],
      [3, 'a=gone'],
    ])
  })

  test('a watch that is closed ends, whether it is read before or after that', async () => {
    const { store } = await open()
    const { revision } = await store.read()
    const idle = store.watch(revision + 1)
    const seen = take(idle, 1)
    idle.close()
    expect(await seen).toEqual([])
    const closed = store.watch(revision + 1)
    closed.close()
    await store.commit({ when: [], writes: [put('a', '1')] })
    expect(await take(closed, 1)).toEqual([])
  })

  test('a watch from a compacted revision ends with CLUSTER_COMPACTED, and a watch after a new list works', async () => {
    const storeUnderTest = await open()
    const { store } = storeUnderTest
    const { revision } = await store.read()
    for (const value of ['1', '2', '3']) await store.commit({ when: [], writes: [put('a', value)] })
    await storeUnderTest.compact(revision + 3)
    await expect(take(store.watch(revision + 1), 1)).rejects.toMatchObject({ code: 'CLUSTER_COMPACTED' })
    const list = await store.read()
    const seen = take(store.watch(list.revision + 1), 1)
    await store.commit({ when: [], writes: [put('a', '4')] })
    expect(await seen).toMatchObject([{ revision: list.revision + 1 }])
  })

  test('the keys of a lease are removed with it, and a key that was put again without a lease stays', async () => {
    const { store } = await open()
    const lease = await store.grantLease(60)
    await store.commit({ when: [], writes: [put('a', '1', lease), put('b', '1', lease), put('c', '1')] })
    await store.commit({ when: [], writes: [put('b', '2')] })
    expect(await store.keepLease(lease)).toBe(true)
    await store.revokeLease(lease)
    expect(await store.keepLease(lease)).toBe(false)
    expect(await keysOf(store)).toEqual(['b=2', 'c=1'])
  })

  test('a key that is put with another lease is removed with the other lease', async () => {
    const { store } = await open()
    const [first, second] = [await store.grantLease(60), await store.grantLease(60)]
    await store.commit({ when: [], writes: [put('a', '1', first)] })
    await store.commit({ when: [], writes: [put('a', '1', second)] })
    await store.revokeLease(first)
    expect(await keysOf(store)).toEqual(['a=1'])
    await store.revokeLease(second)
    expect(await keysOf(store)).toEqual([])
  })

  test('a key that is put again and keeps its lease is removed with that lease', async () => {
    const { store } = await open()
    const lease = await store.grantLease(60)
    const first = await store.commit({ when: [], writes: [put('a', '1', lease)] })
    const when = [{ kind: 'modified' as const, key: 'a', revision: first.revision }]
    await store.commit({
      when,
      writes: [{ kind: 'put', key: 'a', value: '2', lease: null, keepsLease: true }],
    })
    expect(await keysOf(store)).toEqual(['a=2'])
    await store.revokeLease(lease)
    expect(await keysOf(store)).toEqual([])
  })

  test('50 hosts that claim at once get 50 different blocks', async () => {
    const { store } = await open()
    await runBlockSteps(store, setUpCluster(['10.64.0.0/18:24']))
    const claims = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        let claim = 0
        const newNonce = (): string => {
          claim += 1
          return `${at}-${claim}`
        }
        const lease = await store.grantLease(60)
        return runBlockSteps(
          store,
          claimBlocks({ host: `host-${at}`, incarnation: `${at}`, lease, newNonce }),
        )
      }),
    )
    const blocks = claims.flatMap((claim) => claim.blocks.map(({ block }) => block))
    expect(new Set(blocks).size).toBe(50)
  })
}
