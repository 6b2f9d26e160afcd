import { expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { type BlockChanges, type BlockStore, claimBlocks } from '../../src/index.ts'
import { clusterOn, had } from './cluster-on.ts'

/** The subnets that flannel's tests lease beforehand. */
const leased = ['10.3.1.0/24', '10.3.2.0/24', '10.3.4.0/24', '10.3.5.0/24']

/**
 * Tests flannel's promises about leases of subnets: flannel-io/flannel, pkg/subnet/etcd, subnet_test.go and
 * registry_test.go. Each test names its original. Where flannel has no test, the original is local_manager.go.
 */
export const testAsFlannel = (open: () => Promise<BlockStore>): void => {
  const cluster = async (...pools: readonly string[]) => clusterOn(await open(), ...pools)

  test('nothing is leased before a network is configured (TestEtcdRegistry)', async () => {
    const { claim } = await cluster()
    await expect(claim('web-1')).rejects.toMatchObject({ code: 'CLUSTER_POOLS' })
  })

  // flannel's inAllocatableRange has an `or` instead of an `and`, so it accepts any address. This tests what was meant.
  test('a new block is of the pool and none of those that others have (TestAcquireLease)', async () => {
    const { blocksOf } = await cluster('10.3.0.0/21:24')
    expect(await blocksOf('1.1.1.1', { count: 4, remembered: leased.map(had) })).toEqual(leased)
    const [block] = await blocksOf('1.2.3.4')
    expect(['10.3.0.0/24', '10.3.3.0/24', '10.3.6.0/24', '10.3.7.0/24']).toContain(block)
  })

  test('the same host gets the same block (TestAcquireLease)', async () => {
    const { claim, blocksOf } = await cluster('10.3.0.0/16:24')
    const first = await blocksOf('web-1')
    expect(await claim('web-1')).toMatchObject({ claimed: [], moves: [] })
    expect(await blocksOf('web-1')).toEqual(first)
  })

  test('each host has another block until none is left (allocateSubnet)', async () => {
    const { claim, blocksOf } = await cluster('10.3.0.0/22:24')
    const blocks = await Promise.all(['a', 'b', 'c', 'd'].map((host) => blocksOf(host)))
    expect(blocks.flat().toSorted()).toEqual(['10.3.0.0/24', '10.3.1.0/24', '10.3.2.0/24', '10.3.3.0/24'])
    await expect(claim('e')).rejects.toMatchObject({ code: 'CLUSTER_EXHAUSTED' })
  })

  test.each([
    ['10.3.6.0/24', 'is free', 'TestAcquireLease', '10.3.6.0/24'],
    ['10.4.1.0/24', 'is of no pool', 'TestAcquireLease', null],
    ['10.3.6.0/25', 'is of another size', 'isSubnetConfigCompat', null],
  ])('a previous block %s that %s (%s): %s', async (previous, _why, _where, got) => {
    const { blocksOf } = await cluster('10.3.0.0/16:24')
    const blocks = await blocksOf('web-1', { remembered: [had(previous)] })
    expect(blocks).toEqual([expect.stringMatching(/^10\.3\.\d+\.0\/24$/)])
    expect(blocks[0] === previous ? previous : null).toBe(got)
  })

  // flannel does not tell the host that its block is gone. Portolan does.
  test('a previous block that another host has is not taken, and is told as a move (tryAcquireLease)', async () => {
    const { claim, blocksOf } = await cluster('10.3.0.0/16:24')
    const [taken = ''] = await blocksOf('web-2')
    const claimed = await claim('web-1', { remembered: [had(taken)] })
    expect(claimed.moves).toMatchObject([{ block: taken, takenBy: 'web-2' }])
    expect(claimed.blocks.map(({ block }) => block)).not.toContain(taken)
  })

  test('of hosts that create the same lease at once one has it, and the others try again (isErrEtcdNodeExist)', async () => {
    const { blocksOf } = await cluster('10.3.0.0/16:24')
    const remembered = [had('10.3.6.0/24')]
    const blocks = (await Promise.all(['a', 'b', 'c'].map((host) => blocksOf(host, { remembered })))).flat()
    expect(blocks.filter((block) => block === '10.3.6.0/24')).toHaveLength(1)
    expect(new Set(blocks).size).toBe(3)
  })

  test('a block that the pools no longer have is released, and another is leased (TestConfigChanged)', async () => {
    const { claim, blocksOf, setUp } = await cluster('10.3.0.0/16:24')
    const [old = ''] = await blocksOf('web-1')
    await setUp('10.4.0.0/16:26')
    const claimed = await claim('web-1', { remembered: [had(old)] })
    expect(claimed).toMatchObject({ released: [old], moves: [{ block: old, takenBy: null }] })
    expect(claimed.blocks.map(({ block }) => block)).toEqual([expect.stringMatching(/^10\.4\..*\/26$/)])
  })

  // flannel deletes the lease while the subnet may be in use, and another host may get the subnet at once.
  test('such a block is kept while something is in it, and another is leased beside it', async () => {
    const { claim, blocksOf, setUp } = await cluster('10.3.0.0/16:24')
    const [old = ''] = await blocksOf('web-1')
    await setUp('10.4.0.0/16:24')
    const kept = await claim('web-1', { keeps: (block) => block === old })
    expect(kept).toMatchObject({ released: [], leaving: [old], moves: [] })
    expect(kept.blocks.map(({ block }) => block)).toEqual([old, expect.stringMatching(/^10\.4\..*\/24$/)])
    await setUp('10.3.0.0/16:24')
    await claim('web-2', { remembered: [had(old)] })
    expect(await blocksOf('web-1', { keeps: (block) => block === old })).toContain(old)
    await setUp('10.4.0.0/16:24')
    expect(await claim('web-1')).toMatchObject({ released: [old], leaving: [] })
  })

  // flannel's AcquireLease reads the configuration once, and may lease from a network that is no longer configured.
  test('a claim that was decided on former pools is decided anew', async () => {
    const { store, setUp } = await cluster('10.3.0.0/16:24')
    const steps = claimBlocks({ host: 'web-1', incarnation: 'i', lease: null, newNonce: () => 'n' })
    steps.next()
    const asked = steps.next({ kind: 'snapshot', snapshot: await store.read() })
    if (asked.done === true || asked.value.kind !== 'commit') throw new Error('it asks for a transaction')
    await setUp('10.4.0.0/16:24')
    const answer = await store.commit(asked.value.transaction)
    expect(answer.kind).toBe('refused')
    expect(steps.next(answer).value).toEqual({ kind: 'read' })
  })

  // One flannel lease has a subnet of each family. Here each family has its own keys.
  test('blocks of either family are leased side by side, and one of them that has to go leaves the other', async () => {
    const { claim, blocksOf, setUp } = await cluster('10.3.0.0/16:24', 'fd00:1234::/48:64')
    const blocks = await blocksOf('web-1')
    expect(blocks).toEqual([
      expect.stringMatching(/^10\.3\..*\/24$/),
      expect.stringMatching(/^fd00:1234:.*\/64$/),
    ])
    await setUp('10.4.0.0/16:24', 'fd00:1234::/48:64')
    const claimed = await claim('web-1')
    expect(claimed.released).toEqual([blocks[0]])
    expect(claimed.blocks.map(({ block }) => block)).toContain(blocks[1])
  })

  test("own events can be told from others' by the host in them (TestWatchLeaseAdded)", async () => {
    const { store, claim } = await cluster('10.3.0.0/16:24')
    const watch = store.watch((await store.read()).revision + 1)
    await claim('web-1')
    await claim('web-2')
    const seen: BlockChanges[] = []
    for await (const changes of watch) {
      seen.push(changes)
      if (seen.length === 2) watch.close()
    }
    const hosts = seen.map(
      ({ changes }) => fromJson<{ readonly host: unknown }>(changes[0]?.entry?.value ?? '{}').host,
    )
    expect(hosts).toEqual(['web-1', 'web-2'])
  })

  test('a lease that is added and one that is removed are told once each (TestEtcdRegistry)', async () => {
    const { store, claim, release, history } = await cluster('10.3.0.0/16:24')
    const { revision } = await store.read()
    await claim('web-1', { remembered: [had('10.3.5.0/24')] })
    await release('web-1')
    const key = 'blocks/ip/0a030500-24'
    expect(await history(revision + 1)).toMatchObject([
      { key, host: 'web-1', state: 'held' },
      { key, host: 'web-1', state: 'released' },
    ])
  })

  // flannel's subnet expires with the lease, while containers may run in it. Here only the key that shows the host
  // alive expires.
  test('a lease that runs out takes no block with it (TestWatchLeaseRemoved)', async () => {
    const { store, claim, view, history } = await cluster('10.3.0.0/16:24')
    const lease = await store.grantLease(60)
    const { blocks } = await claim('web-1', { lease })
    const { revision } = await store.read()
    await store.revokeLease(lease)
    expect((await view()).hosts).toMatchObject([{ host: 'web-1', alive: false, blocks }])
    expect(await history(revision + 1)).toEqual([])
  })

  test('a renewal leaves what is leased as it is (TestRenewLease)', async () => {
    const { store, claim, history } = await cluster('10.3.0.0/16:24')
    const lease = await store.grantLease(60)
    const { blocks } = await claim('web-1', { lease })
    const { revision } = await store.read()
    expect(await store.keepLease(lease)).toBe(true)
    expect((await store.read()).revision).toBe(revision)
    expect(await claim('web-1', { lease, renews: true })).toMatchObject({ blocks, claimed: [], moves: [] })
    expect(await history(revision + 1)).toEqual([])
  })

  // flannel's daemon ends then. Here the host gets its block again with the next call, unless another host was faster.
  test('a lease that was deleted by hand is told, and is leased again (TestCompleteLease)', async () => {
    const { store, blocksOf, history } = await cluster('10.3.0.0/16:24')
    const [block = ''] = await blocksOf('web-1', { remembered: [had('10.3.5.0/24')] })
    const { revision } = await store.read()
    const key = 'blocks/ip/0a030500-24'
    await store.commit({ when: [], writes: [{ kind: 'delete', key }] })
    expect(await blocksOf('web-1', { remembered: [had(block)] })).toEqual([block])
    expect(await history(revision + 1)).toMatchObject([
      { key, state: null },
      { key, host: 'web-1', state: 'held' },
    ])
  })
}
