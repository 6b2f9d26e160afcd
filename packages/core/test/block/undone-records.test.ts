import { describe, expect, test } from '@jest/globals'
import {
  announceNode,
  type BlockSnapshot,
  type ClusterNeighbours,
  memoryBlockStore,
  neighboursOf,
  runBlockSteps,
} from '../../src/index.ts'
import { lostRecords, withUnknownHosts } from '../../src/planning.ts'
import { clusterOn } from './cluster-on.ts'

const pools = ['10.64.0.0/20:24']
const me = { cluster: 'prod', host: 'one', incarnation: 'of one' }

const clusterOf = async (...hosts: readonly string[]) => {
  const cluster = await clusterOn(memoryBlockStore(), ...pools)
  for (const host of hosts) await cluster.claim(host)
  const read = () => cluster.store.read()
  return {
    ...cluster,
    read,
    announce: (host: string, ip: string) =>
      runBlockSteps(
        cluster.store,
        announceNode({ host, incarnation: `of ${host}`, addresses: { ip, ip6: null } }),
      ),
    seen: async () => neighboursOf(await read(), me),
  }
}

/** For a host without a block, so that only what it has seen counts. */
const lost = (snapshot: BlockSnapshot, seen: ClusterNeighbours) =>
  lostRecords(snapshot, { ...me, pools, blocks: [], lost: [], seen })

/** The same copy with later revisions. */
const later = (copy: BlockSnapshot, { revision }: ClusterNeighbours): BlockSnapshot => ({
  ...copy,
  revision: revision + 10,
})

describe('an older copy of a store whose revisions have come as far since is told', () => {
  test('by pools that were others by then', async () => {
    const cluster = await clusterOf('two')
    const copy = await cluster.read()
    await cluster.setUp('10.72.0.0/20:24')
    const seen = await cluster.seen()
    expect(lost(later(copy, seen), seen)).toMatchObject({
      kind: 'pools-undone',
      undone: { pools, seen: ['10.72.0.0/20:24'], revision: seen.revision },
    })
    expect(lost(later(await cluster.read(), seen), seen)).toBeNull()
    // Pools that were set after the seen revision are not older ones, nor are the same pools with host bits.
    await cluster.setUp(...pools)
    expect(lost(await cluster.read(), seen)).toBeNull()
    const now = await cluster.seen()
    expect(lost(await cluster.read(), { ...now, pools: ['10.64.0.1/20:24'] })).toBeNull()
    expect(lost(later(copy, seen), { ...seen, pools: [] })).toBeNull()
  })

  test('by the address of another host', async () => {
    const cluster = await clusterOf('two')
    await cluster.announce('two', '192.0.2.2')
    const copy = await cluster.read()
    await cluster.announce('two', '192.0.2.22')
    const seen = await cluster.seen()
    expect(lost(later(copy, seen), seen)).toMatchObject({
      kind: 'address-undone',
      undone: { host: 'two', via: '192.0.2.2', seen: '192.0.2.22', revision: seen.revision },
    })
    await cluster.announce('two', '192.0.2.2')
    expect(lost(await cluster.read(), seen)).toBeNull()
    // The words of a store that lost data, about this host's blocks, are no proof.
    expect(lost(later(copy, seen), { ...seen, disputed: ['10.64.9.0/24'] })).toBeNull()
  })

  test('by a block of another host that a third one had before', async () => {
    const cluster = await clusterOf('two')
    const copy = await cluster.read()
    await cluster.reclaim('two')
    const [name = ''] = neighboursOf(copy, me).others.map((one) => one.block)
    await cluster.claim('three', { remembered: [{ block: name, revision: 1 }] })
    const seen = await cluster.seen()
    expect(lost(later(copy, seen), seen)).toMatchObject({
      kind: 'undone',
      undone: { block: name, host: 'two', takenBy: 'three' },
    })
    expect(lost(await cluster.read(), seen)).toBeNull()
  })

  test('and not by hosts that a store had lost when it was seen, whatever their addresses are when they come again', async () => {
    const before = await clusterOf('two')
    await before.announce('two', '192.0.2.22')
    const known = await before.seen()
    const cluster = await clusterOf()
    await cluster.announce('two', '192.0.2.2').catch(() => null)
    await cluster.claim('one')
    const snapshot = await cluster.read()
    const seen = withUnknownHosts(neighboursOf(snapshot, me), known, snapshot)
    expect(seen.others).toMatchObject([{ host: 'two', via: '192.0.2.22' }])
    await cluster.claim('two', { remembered: known.others.map(({ block }) => ({ block, revision: 1 })) })
    expect(lost(await cluster.read(), seen)).toBeNull()
  })
})
