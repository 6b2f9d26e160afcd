import { describe, expect, test } from '@jest/globals'
import {
  type BlockChanges,
  blocksOfDeadHosts,
  type ClaimRequest,
  claimBlocks,
  describeCluster,
  memoryBlockStore,
  reclaimBlocks,
  releaseBlocks,
  runBlockSteps,
  setUpCluster,
} from '../../src/index.ts'

const clusterOf = async (...pools: readonly string[]) => {
  const store = memoryBlockStore()
  let nonces = 0
  const newNonce = (): string => {
    nonces += 1
    return `n${nonces}`
  }
  await runBlockSteps(store, setUpCluster(pools))
  const claim = async (host: string, more: Partial<ClaimRequest> = {}) =>
    runBlockSteps(store, claimBlocks({ host, incarnation: `of ${host}`, lease: null, newNonce, ...more }))
  return {
    store,
    claim,
    blocksOf: async (host: string, more: Partial<ClaimRequest> = {}) =>
      (await claim(host, more)).blocks.map(({ block }) => block),
    release: (host: string, blocks: readonly string[] | null = null) =>
      runBlockSteps(store, releaseBlocks({ host, incarnation: `of ${host}`, blocks, newNonce })),
    reclaim: async (host: string | null) =>
      runBlockSteps(store, reclaimBlocks(blocksOfDeadHosts(await store.read(), host), newNonce)),
    setUp: (...next: readonly string[]) => runBlockSteps(store, setUpCluster(next)),
    view: async () => describeCluster(await store.read()),
  }
}

/** What Flannel's leases of subnets hold (pkg/subnet/etcd/subnet_test.go, local_manager.go), case by case. */
describe('as in Flannel', () => {
  test('the same host gets the same block', async () => {
    const { claim, blocksOf } = await clusterOf('10.3.0.0/16:24')
    const first = await blocksOf('web-1')
    expect(await claim('web-1')).toMatchObject({ claimed: [], moves: [] })
    expect(await blocksOf('web-1')).toEqual(first)
  })

  test('leased blocks are not leased again, and a new one is of the pool', async () => {
    const { blocksOf } = await clusterOf('10.3.0.0/22:24')
    const blocks = await Promise.all(['a', 'b', 'c', 'd'].map((host) => blocksOf(host)))
    expect(blocks.flat().toSorted()).toEqual(['10.3.0.0/24', '10.3.1.0/24', '10.3.2.0/24', '10.3.3.0/24'])
  })

  test.each([
    ['10.3.6.0/24', 'is free', '10.3.6.0/24'],
    ['10.4.1.0/24', 'is of no pool', null],
    ['10.3.6.0/25', 'is of another size', null],
  ])('a previous block %s that %s: %s', async (previous, _why, got) => {
    const { blocksOf } = await clusterOf('10.3.0.0/16:24')
    const blocks = await blocksOf('web-1', { remembered: [{ block: previous, revision: 1 }] })
    expect(blocks).toHaveLength(1)
    expect(blocks[0] === previous ? previous : null).toBe(got)
  })

  test('a previous block that another host has is not taken, and is told as a move', async () => {
    const { claim, blocksOf } = await clusterOf('10.3.0.0/16:24')
    const [taken = ''] = await blocksOf('web-2')
    const claimed = await claim('web-1', { remembered: [{ block: taken, revision: 2 }] })
    expect(claimed.moves).toEqual([{ block: taken, takenBy: 'web-2', revision: 2 }])
    expect(claimed.blocks.map(({ block }) => block)).not.toContain(taken)
  })

  test('a block that the pools no longer have is released, and another is leased', async () => {
    const { claim, blocksOf, setUp } = await clusterOf('10.3.0.0/16:24')
    const [old = ''] = await blocksOf('web-1')
    await setUp('10.4.0.0/16:26')
    const claimed = await claim('web-1', { remembered: [{ block: old, revision: 2 }] })
    expect(claimed).toMatchObject({ released: [old], moves: [{ block: old, takenBy: null }] })
    expect(claimed.blocks.map(({ block }) => block)).toEqual([expect.stringMatching(/^10\.4\..*\/26$/)])
  })

  test('a block that the pools no longer have is kept while something is in it, and another is leased', async () => {
    const { claim, blocksOf, setUp } = await clusterOf('10.3.0.0/16:24')
    const [old = ''] = await blocksOf('web-1')
    await setUp('10.4.0.0/16:24')
    const kept = await claim('web-1', { keeps: (block) => block === old })
    expect(kept).toMatchObject({ released: [], leaving: [old], moves: [] })
    expect(kept.blocks.map(({ block }) => block)).toEqual([old, expect.stringMatching(/^10\.4\..*\/24$/)])
    await setUp('10.3.0.0/16:24')
    await claim('web-2', { remembered: [{ block: old, revision: 2 }] })
    expect(await blocksOf('web-1', { keeps: (block) => block === old })).toContain(old)
    await setUp('10.4.0.0/16:24')
    expect(await claim('web-1')).toMatchObject({ released: [old], leaving: [] })
  })

  test('a claim that was decided on former pools is decided anew', async () => {
    const { store, setUp } = await clusterOf('10.3.0.0/16:24')
    const steps = claimBlocks({ host: 'web-1', incarnation: 'i', lease: null, newNonce: () => 'n' })
    steps.next()
    const asked = steps.next({ kind: 'snapshot', snapshot: await store.read() })
    if (asked.done === true || asked.value.kind !== 'commit') throw new Error('it asks for a transaction')
    await setUp('10.4.0.0/16:24')
    const answer = await store.commit(asked.value.transaction)
    expect(answer.kind).toBe('refused')
    expect(steps.next(answer).value).toEqual({ kind: 'read' })
  })

  test('two networks of one cluster, of either family, are leased side by side', async () => {
    const { blocksOf } = await clusterOf('10.3.0.0/16:24', 'fd00:1234::/48:64')
    expect(await blocksOf('web-1')).toEqual([
      expect.stringMatching(/^10\.3\..*\/24$/),
      expect.stringMatching(/^fd00:1234:.*\/64$/),
    ])
  })

  test("own events can be told from others' by the host in them", async () => {
    const { store, claim } = await clusterOf('10.3.0.0/16:24')
    const watch = store.watch(2)
    await claim('web-1')
    await claim('web-2')
    const seen: BlockChanges[] = []
    for await (const changes of watch) {
      seen.push(changes)
      if (seen.length === 2) watch.close()
    }
    const hosts = seen.map(({ changes }) => JSON.parse(changes[0]?.entry?.value ?? '{}').host)
    expect(hosts).toEqual(['web-1', 'web-2'])
  })
})

/** What Weave's ring of ranges holds (ipam/allocator_test.go): claims by name, and takeover of a peer that is gone. */
describe('as in Weave', () => {
  test('a claim of what the host has already changes nothing', async () => {
    const { claim, blocksOf } = await clusterOf('10.32.0.0/24:28')
    const [block = ''] = await blocksOf('one')
    expect(await claim('one', { remembered: [{ block, revision: 2 }] })).toMatchObject({
      claimed: [],
      moves: [],
    })
  })

  test("a claim of another's fails", async () => {
    const { claim, blocksOf } = await clusterOf('10.32.0.0/28:28')
    const [block = ''] = await blocksOf('one')
    const request = { remembered: [{ block, revision: 0 }] }
    await expect(claim('two', request)).rejects.toMatchObject({ code: 'CLUSTER_EXHAUSTED' })
  })

  test('takeover of a host whose state is lost gives all of its blocks, and none without being asked for', async () => {
    const { claim, blocksOf } = await clusterOf('10.32.0.0/24:28')
    const had = await blocksOf('one', { count: 3 })
    await expect(claim('one', { incarnation: 'reinstalled' })).rejects.toMatchObject({
      code: 'CLUSTER_NAME_TAKEN',
    })
    expect(await blocksOf('one', { incarnation: 'reinstalled', takeover: true })).toEqual(had)
  })

  test('no takeover of a host that is alive', async () => {
    const { store, claim } = await clusterOf('10.32.0.0/24:28')
    const lease = await store.grantLease(60)
    await claim('one', { lease })
    const request = { incarnation: 'clone', takeover: true }
    await expect(claim('one', request)).rejects.toMatchObject({ code: 'CLUSTER_NAME_TAKEN' })
    store.expireLease(lease)
    await expect(claim('one', request)).resolves.toMatchObject({ blocks: [{ incarnation: 'clone' }] })
  })

  test('what a host that is gone had is of use to others once it is reclaimed, and not before', async () => {
    const { claim, blocksOf, reclaim } = await clusterOf('10.32.0.0/28:28')
    const [block] = await blocksOf('gone')
    await expect(claim('two')).rejects.toThrow(/portolan cluster reclaim --member NAME/)
    expect(await reclaim('gone')).toMatchObject([{ block, host: 'gone' }])
    expect(await blocksOf('two')).toEqual([block])
  })
})

describe('which block is claimed', () => {
  test('a released one is kept for its host while there are others', async () => {
    const { blocksOf, release } = await clusterOf('10.0.0.0/28:30')
    const [own] = await blocksOf('a')
    await release('a')
    expect(await blocksOf('b')).not.toEqual([own])
    expect(await blocksOf('c')).not.toEqual([own])
    expect(await blocksOf('a')).toEqual([own])
  })

  test('never used before released, the longest released first, and expired ones last', async () => {
    const { blocksOf, release, reclaim } = await clusterOf('10.0.0.0/28:30')
    const [[expired], [second], [first]] = [await blocksOf('a'), await blocksOf('b'), await blocksOf('c')]
    await reclaim('a')
    await release('c')
    await release('b')
    const [fresh, ...later] = [
      await blocksOf('v'),
      await blocksOf('w'),
      await blocksOf('x'),
      await blocksOf('y'),
    ].flat()
    expect([expired, second, first]).not.toContain(fresh)
    expect(later).toEqual([first, second, expired])
  })

  test('a host that was silent too long gets its own block back where no other took it', async () => {
    const { blocksOf, claim, reclaim } = await clusterOf('10.0.0.0/28:30')
    const [block = ''] = await blocksOf('a')
    await reclaim('a')
    expect(await claim('a', { remembered: [{ block, revision: 2 }] })).toMatchObject({
      blocks: [{ block }],
      moves: [],
    })
  })
})

describe('reclaiming', () => {
  test('leaves a host alone that is alive, or that came back since its blocks were seen', async () => {
    const { store, claim } = await clusterOf('10.0.0.0/28:30')
    await claim('a')
    const seen = blocksOfDeadHosts(await store.read(), 'a')
    expect(seen).toHaveLength(1)
    await claim('a', { lease: await store.grantLease(60) })
    expect(blocksOfDeadHosts(await store.read(), 'a')).toEqual([])
    expect(
      await runBlockSteps(
        store,
        reclaimBlocks(seen, () => 'x'),
      ),
    ).toEqual([])
  })

  test('takes as many blocks as a host has, fewer than 128 operations at a time', async () => {
    const { claim, reclaim, view } = await clusterOf('10.0.0.0/16:28')
    await claim('a', { count: 250 })
    expect(await reclaim('a')).toHaveLength(250)
    expect((await view()).pools).toEqual([
      { pool: '10.0.0.0/16:28', blocks: 4096n, held: 0, released: 0, expired: 250 },
    ])
  })
})

describe('the pools of a cluster', () => {
  test.each([
    ['none', [], /at least one pool/],
    ['classic', ['classic'], /several sizes/],
    ['docker', ['docker'], /several sizes/],
    [
      'two that overlap',
      ['10.0.0.0/8:24', '10.1.0.0/16:24'],
      /10\.0\.0\.0\/8:24 and 10\.1\.0\.0\/16:24 overlap/,
    ],
  ])('%s are refused', async (_what, pools, why) => {
    await expect(runBlockSteps(memoryBlockStore(), setUpCluster(pools))).rejects.toThrow(why)
  })

  test('may grow, shrink and come to be others, but addresses are never cut into another size', async () => {
    const { setUp } = await clusterOf('10.0.0.0/16:24')
    expect(await setUp('10.0.0.0/16:24')).toMatchObject({ changed: false })
    expect(await setUp('10.0.0.0/15:24')).toMatchObject({ changed: true })
    expect(await setUp('10.9.0.0/16:28')).toMatchObject({ changed: true })
    await expect(setUp('10.1.0.0/16:25')).rejects.toThrow(/Keep \/24 there/)
    expect(await setUp('10.1.0.0/16:24')).toMatchObject({ changed: true })
  })

  test('that another program wrote are left alone', async () => {
    const { store, claim, setUp } = await clusterOf('10.0.0.0/16:24')
    await store.commit({ when: [], writes: [{ kind: 'put', key: 'pools', value: '?', lease: null }] })
    await expect(claim('a')).rejects.toMatchObject({ code: 'CLUSTER_POOLS' })
    await expect(setUp('10.0.0.0/16:24')).rejects.toMatchObject({ code: 'CLUSTER_POOLS' })
  })

  test('a block whose key another program wrote is not claimed', async () => {
    const { store, claim, blocksOf } = await clusterOf('10.0.0.0/31:32')
    const put = { kind: 'put' as const, key: 'blocks/ip/0a000000-32', value: 'reserved by hand', lease: null }
    await store.commit({ when: [], writes: [put] })
    expect(await blocksOf('a')).toEqual(['10.0.0.1/32'])
    await expect(claim('b')).rejects.toMatchObject({ code: 'CLUSTER_EXHAUSTED' })
  })
})

test('without an answer the nonce tells whose the block is', async () => {
  const { store } = await clusterOf('10.0.0.0/24:28')
  const steps = claimBlocks({ host: 'a', incarnation: 'i', lease: null, newNonce: () => 'mine' })
  steps.next()
  const asked = steps.next({ kind: 'snapshot', snapshot: await store.read() })
  if (asked.done === true || asked.value.kind !== 'commit') throw new Error('it asks for a transaction')
  await store.commit(asked.value.transaction)
  expect(steps.next({ kind: 'unknown' }).value).toEqual({ kind: 'read' })
  const last = steps.next({ kind: 'snapshot', snapshot: await store.read() })
  expect(last).toMatchObject({ done: true, value: { blocks: [{ nonce: 'mine' }] } })
})

test('a store that answers no change is given up, with what may have come of it', async () => {
  const { store } = await clusterOf('10.0.0.0/24:28')
  const steps = claimBlocks({ host: 'a', incarnation: 'i', lease: null, newNonce: () => 'n' })
  const snapshot = await store.read()
  const answer = (): void => {
    for (let turn = steps.next(); turn.done !== true; )
      turn = steps.next(turn.value.kind === 'read' ? { kind: 'snapshot', snapshot } : { kind: 'unknown' })
  }
  expect(answer).toThrow(/it is open whether the change was made/)
})
