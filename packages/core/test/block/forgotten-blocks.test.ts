import { describe, expect, test } from '@jest/globals'
import {
  type BlockSnapshot,
  type ClusterNeighbours,
  memoryBlockStore,
  neighboursOf,
  runBlockSteps,
} from '../../src/index.ts'
import {
  forgottenOf,
  lostPools,
  reclaimForgotten,
  settleBlocks,
  unknownHosts,
  withUnknownHosts,
} from '../../src/planning.ts'
import { clusterOn, had } from './cluster-on.ts'

const three = { cluster: 'prod', host: 'three', incarnation: 'of three' }

/** A cluster with three blocks at most, of which `one` and `three` have one each. Its copy was made then or before. */
const copied = async (copy: 'held' | 'expired' | 'absent') => {
  const cluster = await clusterOn(memoryBlockStore(), '10.64.0.0/23:24')
  if (copy !== 'absent') await cluster.claim('one', { remembered: [had('10.64.1.0/24')] })
  if (copy === 'expired') await cluster.reclaim('one')
  await cluster.claim('three', { remembered: [had('10.64.0.0/24')] })
  return cluster
}

/** What `three` has seen at a revision that the copy does not have: `two` has the block. */
const seenAt = (revision: number): ClusterNeighbours => ({
  ...{ cluster: 'prod', host: 'three', revision, blocks: ['10.64.0.0/24'], pools: ['10.64.0.0/23:24'] },
  others: [{ block: '10.64.1.0/24', host: 'two', via: '192.0.2.12' }],
})

/** A call of `join` with the stored state of the earlier call. */
const join = async (
  { store }: Awaited<ReturnType<typeof copied>>,
  seen: ClusterNeighbours,
  count: number,
): Promise<{ readonly blocks: readonly string[]; readonly seen: ClusterNeighbours }> => {
  const known = { lost: [], seen }
  const settled = await runBlockSteps(
    store,
    settleBlocks({ ...three, lease: null, newNonce: () => `j${seen.revision}`, known, count }),
  )
  const snapshot = await store.read()
  const now = withUnknownHosts(neighboursOf(snapshot, three), seen, snapshot)
  return { blocks: settled.blocks.map(({ block }) => block), seen: now }
}

const put = async ({ store }: Awaited<ReturnType<typeof copied>>, times: number): Promise<void> => {
  for (let turn = 0; turn < times; turn += 1)
    await store.commit({ when: [], writes: [{ kind: 'put', key: 'foreign', value: `${turn}`, lease: null }] })
}

describe('a block that another host was seen to have, and that an older copy of the data says otherwise of', () => {
  test.each(['held', 'expired', 'absent'] as const)(
    'is that host’s through any number of joins, where its key is %s there',
    async (copy) => {
      const cluster = await copied(copy)
      const first = seenAt(40)
      let { seen } = await join(cluster, first, 1)
      for (const count of [1, 2, 2]) {
        const next = await join(cluster, seen, count)
        expect(next.blocks).toEqual(['10.64.0.0/24'])
        expect(next.seen.others).toMatchObject(first.others)
        expect(unknownHosts(next.seen)).toMatchObject(first.others)
        seen = next.seen
        // Later revisions than the seen one show nothing about the block.
        await put(cluster, 30)
      }
      if (copy === 'held') await cluster.release('one')
      expect((await join(cluster, seen, 2)).blocks).toEqual(['10.64.0.0/24'])
      await cluster.claim('two', { remembered: [had('10.64.1.0/24')] })
      const { seen: again } = await join(cluster, seen, 2)
      expect(unknownHosts(again)).toEqual([])
      expect(again.others).toEqual([{ block: '10.64.1.0/24', host: 'two', via: null }])
      await cluster.release('two')
      expect((await join(cluster, again, 2)).blocks).toHaveLength(2)
    },
  )

  test('is of the host that the copy says once that host has joined again, and got another block', async () => {
    const cluster = await clusterOn(memoryBlockStore(), '10.64.0.0/22:24')
    await cluster.claim('one', { remembered: [had('10.64.1.0/24')] })
    await cluster.claim('three', { remembered: [had('10.64.0.0/24')] })
    const first = { ...seenAt(40), pools: ['10.64.0.0/22:24'] }
    const { seen } = await join(cluster, first, 1)
    expect(seen.others).toMatchObject(first.others)
    await cluster.claim('two', { remembered: [had('10.64.1.0/24')] })
    const { seen: again } = await join(cluster, seen, 1)
    expect(unknownHosts(again)).toEqual([])
    expect(again.others).toContainEqual({ block: '10.64.1.0/24', host: 'one', via: null })
  })

  test('is told by a copy whose revisions have passed what was seen, too', async () => {
    const cluster = await copied('held')
    const seen = seenAt((await cluster.store.read()).revision)
    await put(cluster, 30)
    const now = await join(cluster, seen, 1)
    expect(now.seen.others).toMatchObject(seen.others)
    expect(unknownHosts(now.seen)).toHaveLength(1)
  })

  test('is of the host that claims it behind the first look at the copy', async () => {
    const cluster = await copied('absent')
    const { seen } = await join(cluster, seenAt(40), 1)
    await cluster.claim('four')
    const now = await join(cluster, seen, 1)
    expect(now.seen.others).toEqual([{ block: '10.64.1.0/24', host: 'four', via: null }])
  })

  test('counts by what was written since an older copy that came behind the first one', async () => {
    const cluster = await copied('absent')
    const earlier: BlockSnapshot = await cluster.store.read()
    await put(cluster, 10)
    const { seen } = await join(cluster, seenAt(40), 1)
    const now = withUnknownHosts(neighboursOf(earlier, three), seen, earlier)
    expect(now.others).toMatchObject([{ host: 'two', forgotten: { seen: 40, since: earlier.revision } }])
  })

  test('is that host’s where the copy is from before a pool had it, until new pools or the host say otherwise', async () => {
    const cluster = await copied('absent')
    await cluster.claim('two')
    const wide = '10.67.0.0/22:24'
    const first: ClusterNeighbours = {
      ...seenAt(40),
      pools: ['10.64.0.0/23:24', wide],
      others: [
        { block: '10.64.1.0/24', host: 'two', via: '192.0.2.12' },
        { block: '10.67.0.0/24', host: 'two', via: '192.0.2.12' },
      ],
    }
    let seen = first
    for (const _ of [1, 2, 3]) {
      seen = (await join(cluster, seen, 1)).seen
      expect(seen.others).toMatchObject([{ block: '10.64.1.0/24', host: 'two' }, first.others[1] ?? {}])
      expect(unknownHosts(seen)).toMatchObject([first.others[1] ?? {}])
      await put(cluster, 30)
    }
    const before = seen
    expect(lostPools(before)).toEqual(['10.64.0.0/23:24', wide])
    expect(lostPools({ ...before, pools: ['10.67.0.0/23:24'], former: [wide] })).toBeNull()
    await cluster.setUp('10.64.0.0/23:24', wide)
    expect((await join(cluster, before, 1)).seen.others).toMatchObject(seen.others)
    await cluster.claim('two', { count: 2, remembered: [had('10.67.0.0/24')] })
    expect(unknownHosts((await join(cluster, before, 1)).seen)).toEqual([])
  })

  test('is no host’s where its pool was taken away behind what was seen, or that host gave it back', async () => {
    const cluster = await copied('absent')
    await cluster.claim('two')
    const { revision } = await cluster.store.read()
    const seen: ClusterNeighbours = {
      ...seenAt(revision),
      pools: ['10.64.0.0/23:24'],
      former: ['10.67.0.0/22:24'],
      others: [{ block: '10.67.0.0/24', host: 'two', via: '192.0.2.12' }],
    }
    expect(unknownHosts((await join(cluster, seen, 1)).seen)).toEqual([])
    await cluster.setUp('10.64.0.0/23:24', '10.72.0.0/24:24')
    const grown = { ...seen, pools: ['10.64.0.0/23:24', '10.67.0.0/22:24'] }
    expect(unknownHosts((await join(cluster, grown, 1)).seen)).toEqual([])
  })
})

describe('a block that an older copy of the data does not know to be of a host which is off for good', () => {
  /** The copy as `three` sees it, and another host that remembers the same. */
  const reclaimed = async (copy: 'held' | 'expired' | 'absent', alive = false) => {
    const cluster = await copied(copy)
    const { seen } = await join(cluster, seenAt(40), 1)
    const known = { lost: [], seen }
    const before = await cluster.store.read()
    expect(forgottenOf(before, 'two', known)).toEqual(['10.64.1.0/24'])
    expect(forgottenOf(before, 'one', known)).toEqual([])
    if (alive) {
      const put = { kind: 'put' as const, key: 'hosts/two', value: '{"incarnation":"of two"}', lease: null }
      await cluster.store.commit({ when: [], writes: [put] })
    }
    const freed = await runBlockSteps(
      cluster.store,
      reclaimForgotten('two', known, () => 'r1'),
    )
    return { cluster, seen, freed, known }
  }

  test.each(['expired', 'absent'] as const)(
    'is freed for every host that remembers it, where its key is %s there',
    async (copy) => {
      const { cluster, seen, freed, known } = await reclaimed(copy)
      expect(freed).toEqual(['10.64.1.0/24'])
      const now = await cluster.store.read()
      // One host has checked the copy before, and one has not.
      for (const memory of [seen, seenAt(40)])
        expect(unknownHosts(withUnknownHosts(neighboursOf(now, three), memory, now))).toEqual([])
      expect(
        await runBlockSteps(
          cluster.store,
          reclaimForgotten('two', known, () => 'r2'),
        ),
      ).toEqual([])
      expect((await cluster.view()).pools).toMatchObject([{ held: 1, expired: 1 }])
      expect((await join(cluster, seen, 2)).blocks).toEqual(['10.64.0.0/24', '10.64.1.0/24'])
    },
  )

  test('goes to that host again where it comes back all the same', async () => {
    const { cluster } = await reclaimed('absent')
    expect(await cluster.blocksOf('two', { remembered: [had('10.64.1.0/24')] })).toEqual(['10.64.1.0/24'])
  })

  test.each([
    ['the copy has it for another host', 'held', false],
    ['its host is alive by then', 'absent', true],
  ] as const)('is left as it is where %s', async (_, copy, alive) => {
    const { cluster, freed } = await reclaimed(copy, alive)
    expect(freed).toEqual([])
    expect((await cluster.view()).pools).toMatchObject([{ held: copy === 'held' ? 2 : 1, expired: 0 }])
  })
})
