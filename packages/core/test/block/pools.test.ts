import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import {
  type BlockStore,
  BlockStoreError,
  claimBlocks,
  memoryBlockStore,
  runBlockSteps,
  setUpCluster,
} from '../../src/index.ts'
import { clusterOn, had } from './cluster-on.ts'

const clusterOf = (...pools: readonly string[]) => clusterOn(memoryBlockStore(), ...pools)

/** Pools as an earlier version wrote them, which accepted any pool. */
const settledBefore = async (...pools: readonly string[]) => {
  const cluster = await clusterOf()
  const value = JSON.stringify({ pools, former: [] })
  await cluster.store.commit({ when: [], writes: [{ kind: 'put', key: 'pools', value, lease: null }] })
  return cluster
}

const poolsIn = async (store: BlockStore) =>
  fromJson((await store.read()).entries.find(({ key }) => key === 'pools')?.value ?? '')

describe('pools that are settled anew', () => {
  test('may cut addresses otherwise in which no block was claimed, and nothing stays of the former ones', async () => {
    const { store, setUp } = await settledBefore('0.0.0.0/0:1')
    expect(await setUp('10.0.0.0/16:28')).toEqual({ pools: ['10.0.0.0/16:28'], changed: true })
    expect(await poolsIn(store)).toEqual({ pools: ['10.0.0.0/16:28'], former: [] })
  })

  test('cut beside blocks that hosts hold, and keep the pools of those', async () => {
    const { store, setUp, blocksOf, release } = await clusterOf('10.0.0.0/8:16')
    const [held = ''] = await blocksOf('a')
    const [, number = ''] = held.split('.')
    const free = (Number(number) + 128) % 256
    await expect(setUp(`10.${number}.7.0/24:28`)).rejects.toThrow(`host a holds block ${held}`)
    expect(await setUp(`10.${free}.0.0/16:24`)).toMatchObject({ changed: true })
    expect(await poolsIn(store)).toEqual({ pools: [`10.${free}.0.0/16:24`], former: ['10.0.0.0/8:16'] })
    // The key of a released block is no obstacle, and is deleted.
    await release('a')
    expect(await setUp('10.0.0.0/8:24')).toMatchObject({ changed: true })
    expect(await poolsIn(store)).toEqual({ pools: ['10.0.0.0/8:24'], former: [] })
    expect((await store.read()).entries.map(({ key }) => key)).toEqual(['pools'])
  })

  test('leave a block alone that was reclaimed: its host may still use it', async () => {
    const { setUp, blocksOf, reclaim } = await clusterOf('10.0.0.0/16:24')
    const [block = ''] = await blocksOf('a')
    await reclaim('a')
    await expect(setUp('10.0.0.0/16:28')).rejects.toThrow(`block ${block} was reclaimed from host a`)
  })

  const forgetting = { forgetsReclaimed: true }

  test('forget a block that was reclaimed where its host is off for good, and the host finds it gone', async () => {
    const { store, blocksOf, reclaim, claim } = await clusterOf('10.0.0.0/16:24')
    const [block = ''] = await blocksOf('a')
    await reclaim('a')
    const made = await runBlockSteps(store, setUpCluster(['10.0.0.0/16:28'], forgetting))
    expect(made).toEqual({ pools: ['10.0.0.0/16:28'], changed: true })
    expect((await store.read()).entries.map(({ key }) => key)).toEqual(['pools'])
    await claim('b', { count: 4 })
    const back = await claim('a', { remembered: [had(block)] })
    expect(back.moves).toMatchObject([{ block, takenBy: null }])
    expect(back.blocks.map((one) => one.block)).toEqual([expect.stringMatching(/\/28$/)])
  })

  test('name the host that has a larger block around one that was forgotten', async () => {
    const { store, blocksOf, reclaim, claim } = await clusterOf('10.0.0.0/16:24')
    const [block = ''] = await blocksOf('a')
    await reclaim('a')
    await runBlockSteps(store, setUpCluster(['10.0.0.0/16:17'], forgetting))
    const half = Number(block.split('.')[2]) < 128 ? '10.0.0.0/17' : '10.0.128.0/17'
    const [wide] = (await claim('b', { remembered: [had(half)] })).blocks
    expect(wide?.block).toBe(half)
    const back = await claim('a', { remembered: [had(block)] })
    expect(back.moves).toEqual([{ block, takenBy: 'b', revision: wide?.revision }])
  })

  test('keep a block that was reclaimed where its host is alive, or comes back meanwhile', async () => {
    const { store, blocksOf, reclaim, claim } = await clusterOf('10.0.0.0/16:24')
    const [block = ''] = await blocksOf('a')
    await reclaim('a')
    const value = JSON.stringify({ incarnation: 'of a' })
    const racing: BlockStore = {
      ...store,
      commit: async (transaction) => {
        await store.commit({ when: [], writes: [{ kind: 'put', key: 'hosts/a', value, lease: null }] })
        return store.commit(transaction)
      },
    }
    const wanted = setUpCluster(['10.0.0.0/16:28'], forgetting)
    await expect(runBlockSteps(racing, wanted)).rejects.toThrow(
      `block ${block} was reclaimed from host a, which is alive`,
    )
    expect(await poolsIn(store)).toEqual({ pools: ['10.0.0.0/16:24'], former: [] })
    expect((await claim('a')).blocks.map((one) => one.block)).toEqual([block])
  })

  test('are in no way of a reclaimed block whose host came back and has nothing in it', async () => {
    const { setUp, blocksOf, reclaim, claim } = await clusterOf('10.0.0.0/16:24')
    const [block = ''] = await blocksOf('a')
    await reclaim('a')
    await setUp('10.9.0.0/16:24')
    const used = await claim('a', { remembered: [had(block)], keeps: (one) => one === block })
    expect(used).toMatchObject({ released: [], moves: [{ block, takenBy: null }] })
    await expect(setUp('10.0.0.0/16:28', '10.9.0.0/16:24')).rejects.toThrow('was reclaimed from host a')
    expect((await claim('a', { remembered: [had(block)], keeps: () => false })).released).toEqual([block])
    expect(await setUp('10.0.0.0/16:28', '10.9.0.0/16:24')).toMatchObject({ changed: true })
  })

  test('are told as changed where no answer came to the change that was made', async () => {
    const { store } = await clusterOf('10.0.0.0/16:24')
    let isFirst = true
    const silent: BlockStore = {
      ...store,
      commit: async (transaction) => {
        const answer = await store.commit(transaction)
        if (!isFirst) return answer
        isFirst = false
        throw new BlockStoreError('CLUSTER_OUTCOME_UNKNOWN', 'no answer came')
      },
    }
    expect(await runBlockSteps(silent, setUpCluster(['10.1.0.0/16:24']))).toMatchObject({ changed: true })
  })

  test('are refused with the words of the store where no answer came however often they were sent', async () => {
    const { store } = await clusterOf('10.0.0.0/16:24')
    const silent: BlockStore = {
      ...store,
      commit: () =>
        Promise.reject(new BlockStoreError('CLUSTER_OUTCOME_UNKNOWN', 'etcd at A did not answer')),
    }
    await expect(runBlockSteps(silent, setUpCluster(['10.1.0.0/16:24']))).rejects.toThrow(
      'etcd at A did not answer',
    )
  })

  test('leave a key alone that another program wrote', async () => {
    const { store, setUp } = await clusterOf('10.0.0.0/16:24')
    const put = { kind: 'put' as const, key: 'blocks/ip/0a000100-24', value: 'by hand', lease: null }
    await store.commit({ when: [], writes: [put] })
    await expect(setUp('10.0.0.0/16:28')).rejects.toThrow('another program wrote a key for block 10.0.1.0/24')
  })

  test('forget more blocks than a transaction takes', async () => {
    const { store, setUp, claim, release } = await clusterOf('10.0.0.0/16:24')
    await claim('a', { count: 250 })
    await release('a')
    expect(await setUp('10.0.0.0/16:28')).toMatchObject({ changed: true })
    expect((await store.read()).entries.map(({ key }) => key)).toEqual(['pools'])
  })

  test('are refused for a block that was claimed since the cluster was read', async () => {
    const { store, claim } = await clusterOf('10.0.0.0/16:24')
    let isFirst = true
    const racing: BlockStore = {
      ...store,
      commit: async (transaction) => {
        if (isFirst) await claim('a')
        isFirst = false
        return store.commit(transaction)
      },
    }
    await expect(runBlockSteps(racing, setUpCluster(['10.0.0.0/16:28']))).rejects.toThrow(
      'host a holds block',
    )
    expect(await poolsIn(store)).toEqual({ pools: ['10.0.0.0/16:24'], former: [] })
  })

  test.each([
    ['10.0.0.0/24:32', '/31'],
    ['fd00:1234::/64:128', '/127'],
  ])(
    'with blocks that hold no container (%s) are refused with the smallest that do',
    async (pool, smallest) => {
      const { setUp } = await clusterOf()
      await expect(setUp(pool)).rejects.toThrow(`the smallest blocks that hold a container are ${smallest}`)
      expect(await setUp(pool.replace(/:\d+$/, smallest.replace('/', ':')))).toMatchObject({ changed: true })
    },
  )

  test.each([
    ['fd64:0:0::/48:64', 'fd64::/48:64'],
    ['FD64::/48:64', 'fd64::/48:64'],
    ['fd64::/48:064', 'fd64::/48:64'],
  ])('stand in one form, however they are typed: %s', async (typed, plain) => {
    const { store, setUp, view, claim } = await clusterOf()
    expect(await setUp(typed)).toEqual({ pools: [plain], changed: true })
    expect(await poolsIn(store)).toEqual({ pools: [plain], former: [] })
    expect(await setUp(plain)).toEqual({ pools: [plain], changed: false })
    const before = await settledBefore(typed)
    expect((await before.view()).pools).toMatchObject([{ pool: plain }])
    expect((await before.claim('a')).pools).toEqual([plain])
    expect((await view()).pools).toMatchObject([{ pool: plain }])
    expect((await claim('a')).pools).toEqual([plain])
  })
})

describe('a cluster that has pools which no network can use', () => {
  test('no block is claimed there', async () => {
    const { blocksOf } = await settledBefore('126.0.0.0/7:9')
    const blocks = await blocksOf('a', { count: 2 })
    expect(blocks).toHaveLength(2)
    for (const block of blocks) expect(block).toMatch(/^126\./)
  })

  test('one that was claimed before counts as none, and another one is claimed beside it', async () => {
    const { store, setUp, blocksOf } = await settledBefore('127.0.0.0/8:24')
    const held = { host: 'a', incarnation: 'of a', nonce: 'n', state: 'held' }
    const put = {
      kind: 'put' as const,
      key: 'blocks/ip/7f2cfe00-24',
      value: JSON.stringify(held),
      lease: null,
    }
    await store.commit({ when: [], writes: [put] })
    const request = { host: 'a', incarnation: 'of a', lease: null, newNonce: () => 'n' }
    await expect(runBlockSteps(store, claimBlocks(request))).rejects.toThrow(
      'no container network can have addresses of 127.0.0.0/8',
    )
    await setUp('127.0.0.0/8:24', '10.0.0.0/24:24')
    expect(await blocksOf('a')).toEqual(['10.0.0.0/24', '127.44.254.0/24'])
  })
})
