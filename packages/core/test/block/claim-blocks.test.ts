import { describe, expect, test } from '@jest/globals'
import {
  announceNode,
  type BlockStore,
  blocksOfDeadHosts,
  claimBlocks,
  describeCluster,
  memoryBlockStore,
  neighboursOf,
  reclaimBlocks,
  runBlockSteps,
  setUpCluster,
} from '../../src/index.ts'
import { clusterOn } from './cluster-on.ts'

const clusterOf = (...pools: readonly string[]) => clusterOn(memoryBlockStore(), ...pools)

test.each([
  [1, '1 of them is of a host that is not alive (one): `portolan cluster reclaim --member NAME` frees it.'],
  [
    2,
    '2 of them are of a host that is not alive (one): `portolan cluster reclaim --member NAME` frees them.',
  ],
])('a host that finds no block is told how many are of hosts that are off (%i)', async (count, told) => {
  const { claim } = await clusterOf(count === 1 ? '10.32.0.0/28:28' : '10.32.0.0/27:28')
  await claim('one', { count })
  await expect(claim('two')).rejects.toThrow(told)
})

test('a host that finds no block is told the commands as they are to be written', async () => {
  const { claim } = await clusterOf('10.32.0.0/28:28')
  await claim('one')
  const written = (command: string) => `${command} --cluster URL`
  await expect(claim('two', { written })).rejects.toThrow(
    /`portolan cluster reclaim --member NAME --cluster URL`.*`portolan cluster init --pool 10\.32\.0\.0\/28:28 --pool NEW --cluster URL`/,
  )
})

describe('a machine whose state is lost', () => {
  test('takeover of a host whose state is lost gives all of its blocks, and none without being asked for', async () => {
    const { claim, blocksOf } = await clusterOf('10.32.0.0/24:28')
    const had = await blocksOf('one', { count: 3 })
    await expect(claim('one', { incarnation: 'reinstalled' })).rejects.toMatchObject({
      code: 'CLUSTER_NAME_TAKEN',
    })
    expect(await blocksOf('one', { incarnation: 'reinstalled', takeover: true })).toEqual(had)
  })

  test('the blocks of other hosts stand in one order, whichever came first', async () => {
    const { store, claim } = await clusterOf('10.32.0.0/24:28', 'fd00:1234::/56:64')
    await claim('one', { count: 3 })
    await claim('two', { count: 3 })
    const { revision, entries } = await store.read()
    const seen = (order: typeof entries) =>
      neighboursOf({ revision, entries: order }, { cluster: 'prod', host: 'three', incarnation: 'x' })
    expect(seen(entries).others).toHaveLength(12)
    expect(seen([...entries].reverse())).toEqual(seen(entries))
  })

  test('takeover leaves no moment in which a block is of a host without an address', async () => {
    const { store, claim } = await clusterOf('10.32.0.0/24:28', 'fd00:1234::/56:64')
    const addresses = { ip: '192.0.2.11', ip6: '2001:db8:1::11' }
    const before = { host: 'one', incarnation: 'before' }
    await claim('one', { incarnation: 'before', count: 3 })
    await runBlockSteps(store, announceNode({ ...before, addresses }))
    const seen = async () =>
      neighboursOf(await store.read(), { cluster: 'prod', host: 'two', incarnation: 'x' }).others
    const had = await seen()
    expect(had).toHaveLength(6)
    const watched: unknown[] = []
    const watching: BlockStore = {
      ...store,
      commit: async (transaction) => {
        const answer = await store.commit(transaction)
        watched.push(await seen())
        return answer
      },
    }
    const again = { host: 'one', incarnation: 'again' }
    const lease = await store.grantLease(60)
    const request = { ...again, lease, count: 3, takeover: true, newNonce: () => 'again' }
    await runBlockSteps(watching, claimBlocks(request))
    await runBlockSteps(watching, announceNode({ ...again, addresses }))
    for (const one of watched) expect(one).toEqual(had)
    expect(watched.length).toBeGreaterThan(0)
    const { hosts } = describeCluster(await store.read())
    expect(hosts[0]).toMatchObject({
      addresses,
      blocks: had.map(({ block }) => ({ block, incarnation: 'again' })),
    })
  })

  test('takeover keeps to what etcd takes at once', async () => {
    const { claim, view } = await clusterOf('10.0.0.0/16:28')
    await claim('one', { count: 250 })
    await claim('one', { incarnation: 'again', count: 250, takeover: true })
    expect((await view()).hosts[0]?.blocks.filter(({ incarnation }) => incarnation === 'again')).toHaveLength(
      250,
    )
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

  test('may grow, shrink and come to be others, but blocks that hosts hold are never cut into another size', async () => {
    const { setUp, claim } = await clusterOf('10.0.0.0/16:24')
    await claim('a')
    expect(await setUp('10.0.0.0/16:24')).toMatchObject({ changed: false })
    expect(await setUp('10.0.0.0/15:24')).toMatchObject({ changed: true })
    expect(await setUp('10.9.0.0/16:28')).toMatchObject({ changed: true })
    await expect(setUp('10.0.0.0/15:25')).rejects.toThrow(
      /host a holds block 10\.0\.\d+\.0\/24.*portolan cluster release.*take it with `portolan cluster reclaim --member a`, and run this again with --force.*keep \/24/,
    )
    expect(await setUp('10.1.0.0/16:24')).toMatchObject({ changed: true })
  })

  test.each([
    ['10.64.0.1/22:24', '10.64.0.0/22:24'],
    ['fd00:1234::1/48:64', 'fd00:1234::/48:64'],
  ])(
    'with host bits (%s) are refused with the prefix that is meant, unless they are there already',
    async (pool, meant) => {
      const { store, setUp } = await clusterOf('10.0.0.0/16:24')
      await expect(setUp(pool)).rejects.toThrow(`write ${meant}`)
      const value = JSON.stringify({ pools: [pool], former: [] })
      await store.commit({ when: [], writes: [{ kind: 'put', key: 'pools', value, lease: null }] })
      expect(await setUp(pool)).toEqual({ pools: [meant], changed: false })
      expect(await setUp(meant)).toMatchObject({ changed: false })
    },
  )

  test('that another program wrote are left alone', async () => {
    const { store, claim, setUp } = await clusterOf('10.0.0.0/16:24')
    await store.commit({ when: [], writes: [{ kind: 'put', key: 'pools', value: '?', lease: null }] })
    await expect(claim('a')).rejects.toMatchObject({ code: 'CLUSTER_POOLS' })
    await expect(setUp('10.0.0.0/16:24')).rejects.toMatchObject({ code: 'CLUSTER_POOLS' })
  })

  test('a block whose key another program wrote is not claimed', async () => {
    const { store, claim, blocksOf } = await clusterOf('10.0.0.0/30:31')
    const put = { kind: 'put' as const, key: 'blocks/ip/0a000000-31', value: 'reserved by hand', lease: null }
    await store.commit({ when: [], writes: [put] })
    expect(await blocksOf('a')).toEqual(['10.0.0.2/31'])
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
  expect(answer).toThrow(/it is not known whether the change was made/)
})
