import { describe, expect, test } from '@jest/globals'
import { type BlockSnapshot, memoryBlockStore, neighboursOf } from '../../src/index.ts'
import { lostRecords, unknownHosts, withUnknownHosts } from '../../src/planning.ts'
import { clusterOn } from './cluster-on.ts'

const pools = ['10.64.0.0/20:24']
const clusterOf = () => clusterOn(memoryBlockStore(), ...pools)

/** What a host knows after it joined. */
const knownBy = async (cluster: Awaited<ReturnType<typeof clusterOf>>, host: string) => {
  const { blocks } = await cluster.claim(host)
  const snapshot = await cluster.store.read()
  const seen = neighboursOf(snapshot, { cluster: 'prod', host, incarnation: `of ${host}` })
  return { pools, blocks, seen }
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
    expect(lostRecords(empty, { pools: [], blocks: [], seen: null })).toBeNull()
  })

  test('at a revision that went by before has an older copy', async () => {
    const cluster = await clusterOf()
    const before = await cluster.store.read()
    const known = await knownBy(cluster, 'one')
    expect(lostRecords(before, known)).toMatchObject({ kind: 'older', revision: before.revision })
    // The same where revisions were moved on, as a restore may do.
    expect(lostRecords({ ...before, revision: 1_000 }, known)).toMatchObject({ kind: 'unknown' })
  })

  test('keeps the hosts that it knows nothing of, until one comes in their blocks', async () => {
    const cluster = await clusterOf()
    await cluster.claim('two')
    const { seen } = await knownBy(cluster, 'one')
    const again = await clusterOf()
    const [own = ''] = await again.blocksOf('one')
    const me = { cluster: 'prod', host: 'one', incarnation: 'of one' }
    const now = async () => {
      const snapshot = await again.store.read()
      const all = withUnknownHosts(neighboursOf(snapshot, me), seen, snapshot)
      return { all, unknown: unknownHosts(all, snapshot) }
    }
    expect(await now()).toMatchObject({ all: { blocks: [own], others: seen.others }, unknown: seen.others })
    await again.claim('three', { remembered: seen.others.map(({ block }) => ({ block, revision: 1 })) })
    expect(await now()).toMatchObject({ all: { others: [{ host: 'three' }] }, unknown: [] })
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
      return { all, unknown: unknownHosts(all, snapshot) }
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
})
