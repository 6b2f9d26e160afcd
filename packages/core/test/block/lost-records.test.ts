import { describe, expect, test } from '@jest/globals'
import {
  type BlockSnapshot,
  heldSince,
  memoryBlockStore,
  neighboursOf,
  runBlockSteps,
  setUpCluster,
} from '../../src/index.ts'
import {
  lostRecords,
  seenAfterLoss,
  settleBlocks,
  unknownHosts,
  withUnknownHosts,
} from '../../src/planning.ts'
import { clusterOn } from './cluster-on.ts'

const pools = ['10.64.0.0/20:24']
const clusterOf = () => clusterOn(memoryBlockStore(), ...pools)

/** What a host knows after it has joined. */
const knownBy = async (cluster: Awaited<ReturnType<typeof clusterOf>>, host: string) => {
  const { blocks } = await cluster.claim(host)
  const snapshot = await cluster.store.read()
  const seen = neighboursOf(snapshot, { cluster: 'prod', host, incarnation: `of ${host}` })
  return { host, incarnation: `of ${host}`, pools, blocks, lost: [], seen }
}

const empty: BlockSnapshot = { revision: 1, entries: [] }

describe('a store that came back', () => {
  test('with all that a host knows has lost nothing, whatever became of the blocks', async () => {
    const cluster = await clusterOf()
    const known = await knownBy(cluster, 'one')
    const isLost = async () => lostRecords(await cluster.store.read(), known)
    expect(await isLost()).toBeNull()
    await cluster.reclaim('one')
    expect(await isLost()).toBeNull()
    await cluster.setUp('10.72.0.0/20:24')
    expect(await isLost()).toBeNull()
  })

  test('without pools has lost them, for a host that knows of any', async () => {
    const known = await knownBy(await clusterOf(), 'one')
    expect(lostRecords(empty, known)).toEqual({ kind: 'no-pools' })
    expect(lostRecords(empty, { ...known, pools: [], blocks: [], seen: null })).toBeNull()
  })

  test('at a revision that went by before has an older copy', async () => {
    const cluster = await clusterOf()
    const before = await cluster.store.read()
    const known = await knownBy(cluster, 'one')
    expect(lostRecords(before, known)).toMatchObject({ kind: 'older', revision: before.revision })
    // The same with higher revisions, as a restore may set them.
    expect(lostRecords({ ...before, revision: 1_000 }, known)).toMatchObject({ kind: 'unknown' })
  })

  test('keeps the hosts that it knows nothing of, until one comes in their blocks', async () => {
    const cluster = await clusterOf()
    await cluster.claim('two')
    const { seen } = await knownBy(cluster, 'one')
    const again = await clusterOf()
    const [own = ''] = await again.blocksOf('one')
    const me = { cluster: 'prod', host: 'one', incarnation: 'of one' }
    const now = async (known = seen) => {
      const snapshot = await again.store.read()
      const all = withUnknownHosts(neighboursOf(snapshot, me), known, snapshot)
      return { all, unknown: unknownHosts(all) }
    }
    const first = await now()
    expect(first).toMatchObject({ all: { blocks: [own], others: seen.others }, unknown: seen.others })
    await again.claim('three', { remembered: seen.others.map(({ block }) => ({ block, revision: 1 })) })
    expect(await now(first.all)).toMatchObject({ all: { others: [{ host: 'three' }] }, unknown: [] })
    expect(withUnknownHosts({ ...seen, cluster: 'other', others: [] }, seen, empty).others).toEqual([])
  })

  test('keeps each block of such a host where no pool has one any more, and the way to it, until it joins', async () => {
    const before = await clusterOn(memoryBlockStore(), ...pools, 'fd64::/56:64')
    await before.claim('two')
    const { seen } = await knownBy(before, 'one')
    const again = await clusterOf()
    const [own = ''] = await again.blocksOf('one')
    const me = { cluster: 'prod', host: 'one', incarnation: 'of one' }
    const now = async (known = seen) => {
      const snapshot = await again.store.read()
      const all = withUnknownHosts(neighboursOf(snapshot, me), known, snapshot)
      return { all, unknown: unknownHosts(all) }
    }
    const lost6 = seen.blocks.filter((block) => block.includes(':'))
    expect([lost6.length, seen.others.length]).toEqual([1, 2])
    const first = await now()
    const former = ['fd64::/56:64']
    expect(first).toMatchObject({
      all: { blocks: [own, ...lost6], others: seen.others, former },
      unknown: seen.others,
    })
    expect(await now(first.all)).toEqual(first)
    await again.claim('two', { remembered: seen.others.map(({ block }) => ({ block, revision: 1 })) })
    const joined = await now(first.all)
    expect(joined).toMatchObject({ all: { blocks: [own], others: [{ host: 'two' }], former }, unknown: [] })
    expect(await now(joined.all)).toEqual(joined)
  })

  test('is older though its revisions came as far since, by a block that changed hands before', async () => {
    const cluster = await clusterOf()
    const { blocks } = await knownBy(cluster, 'one')
    const copy = await cluster.store.read()
    await cluster.reclaim('one')
    const remembered = blocks.map(({ block }) => ({ block, revision: 1 }))
    const two = {
      ...(await knownBy(cluster, 'two')),
      ...(await cluster.claim('two', { remembered, count: 2 })),
    }
    const now = await cluster.store.read()
    const seen = neighboursOf(now, { cluster: 'prod', host: 'one', incarnation: 'of one' })
    const one = { host: 'one', incarnation: 'of one', pools, blocks: [], lost: [], seen }
    expect([lostRecords(now, one), lostRecords(now, two)]).toEqual([null, null])
    const later = { ...copy, revision: now.revision + 10 }
    expect(lostRecords(later, one)).toMatchObject({
      kind: 'undone',
      undone: { block: blocks[0]?.block, host: 'one', takenBy: 'two' },
    })
    expect(lostRecords(later, two)).toMatchObject({ kind: 'undone', undone: { host: 'one', takenBy: 'two' } })
    // Such a copy's words about this host's blocks do not prove that they belonged to others.
    const disputed = blocks.map(({ block }) => block)
    expect(lostRecords(later, { ...one, seen: { ...seen, disputed } })).toBeNull()
  })

  test('leaves what is remembered but for a block of which another host has a part, until that has none', async () => {
    const cluster = await clusterOf()
    await cluster.claim('two')
    const { blocks, seen } = await knownBy(cluster, 'one')
    const [block = ''] = blocks.map((one) => one.block)
    const me = { cluster: 'prod', host: 'one', incarnation: 'of one', blocks }
    const again = await clusterOn(memoryBlockStore(), '10.64.0.0/20:26')
    const all = seenAfterLoss(await again.store.read(), me, seen)
    expect(all).toBeNull()
    const remembered = [{ block: block.replace('/24', '/26'), revision: 1 }]
    await again.claim('three', { remembered })
    const now = seenAfterLoss(await again.store.read(), me, seen)
    expect(now).toMatchObject({ revision: seen.revision, blocks: [], disputed: [block] })
    expect(now?.others.map(({ host }) => host).toSorted()).toEqual(['three', 'two'])
    const known = { ...me, leaving: [], lost: [] }
    expect(heldSince(known, now).lost).toEqual([{ block, takenBy: 'three' }])
    await again.release('three')
    const { disputed: _none, ...restored } = seen
    expect(seenAfterLoss(await again.store.read(), me, now)).toEqual(restored)
  })

  test('has a host give back what it has seen to be of another one, and claim it no more', async () => {
    const cluster = await clusterOn(memoryBlockStore(), '10.64.0.0/23:24')
    const [block = ''] = await cluster.blocksOf('one')
    const request = { host: 'one', incarnation: 'of one', lease: null, remembered: [{ block, revision: 3 }] }
    let nonces = 0
    const settle = (revision: number) =>
      runBlockSteps(
        cluster.store,
        settleBlocks({
          ...{ ...request, newNonce: () => `s${nonces++}`, count: 2 },
          known: { lost: [{ block, takenBy: 'two', revision }], seen: null },
        }),
      )
    expect(await settle(1)).toMatchObject({ yielded: [], moves: [], exhausted: null })
    await cluster.release('one')
    const [mine = ''] = await cluster.blocksOf('one', { remembered: [{ block, revision: 3 }] })
    expect(mine).toBe(block)
    const first = await settle(1_000)
    expect(first).toMatchObject({
      ...{ yielded: [{ block, takenBy: 'two' }], released: [], moves: [{ block, takenBy: 'two' }] },
      ...{ skipped: [{ overlaps: block, candidates: 1 }], exhausted: { missing: [{ held: 1 }] } },
    })
    expect(first.blocks).toHaveLength(1)
    const [{ revision = 0 } = {}] = first.moves
    // The same again, with the state that is stored by then.
    expect(await settle(revision)).toMatchObject({ yielded: [], moves: first.moves, blocks: first.blocks })
    expect(await cluster.blocksOf('two', { remembered: [{ block, revision: 3 }] })).toEqual([block])
    expect(await settle(revision)).toMatchObject({ moves: [{ block, takenBy: 'two' }] })
  })

  test('keeps no host from a block that pools of another size made of what others had', async () => {
    const cluster = await clusterOn(memoryBlockStore(), '10.64.0.0/24:25')
    await cluster.claim('two')
    const snapshot = await cluster.store.read()
    const seen = neighboursOf(snapshot, { cluster: 'prod', host: 'one', incarnation: 'of one' })
    await cluster.reclaim('two')
    await runBlockSteps(cluster.store, setUpCluster(['10.64.0.0/24:24'], { forgetsReclaimed: true }))
    const one = { host: 'one', incarnation: 'of one', lease: null, newNonce: () => 's' }
    const { blocks } = await runBlockSteps(cluster.store, settleBlocks({ ...one, known: { lost: [], seen } }))
    expect(blocks).toMatchObject([{ block: '10.64.0.0/24' }])
  })
})
