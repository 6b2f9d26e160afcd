import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { claimBlocks, memoryBlockStore, releaseBlocks, runBlockSteps, setUpCluster } from '@portolan/core'
import { openEtcdStore } from '@portolan/etcd'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type Etcd, patient, startEtcd } from '../lab/neighbour/etcd.ts'
import { until } from '../lab/until.ts'
import { put, take, testContract } from './block-store/contract.ts'

describe('a store of blocks in memory', () => {
  testContract(async () => {
    const store = memoryBlockStore()
    return { store, compact: async (revision) => store.compact(revision) }
  })
})

let server: Etcd | null = null
const etcd = (): Etcd => {
  if (server === null) throw new Error('etcd has not been started')
  return server
}

let clusters = 0
/** Opens a store of a new cluster, so that no test sees another's keys. */
const openStore = () => {
  clusters += 1
  return openEtcdStore({ cluster: `cluster-${clusters}`, endpoints: [etcd().endpoint], ...patient })
}

const compact = async (revision: number): Promise<void> => {
  const body = JSON.stringify({ revision: String(revision), physical: true })
  const url = `http://${etcd().inside}/v3/kv/compaction`
  await etcd().machine.mustRun(['curl', '--silent', '--fail', '--data', body, url])
}

const request = { host: 'web-1', incarnation: 'i', lease: null, newNonce: () => 'n' }

describeBeside('a store of blocks in etcd', ['etcd'], () => {
  beforeAll(async () => {
    server = await startEtcd()
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  testContract(async () => ({ store: openStore(), compact }))

  test('a lease that is not renewed expires, and a watch reports that its keys are gone', async () => {
    const store = openStore()
    const { revision } = await store.read()
    const watch = store.watch(revision + 1)
    const seen = take(watch, 2)
    const lease = await store.grantLease(1)
    await store.commit({ when: [], writes: [put('hosts/a', '{}', lease)] })
    expect((await seen)[1]).toMatchObject({ changes: [{ key: 'hosts/a', entry: null }] })
    expect(await store.keepLease(lease)).toBe(false)
  })

  test('a claimed block belongs to its host after etcd was killed and started again, and no other host gets it', async () => {
    const store = openStore()
    await runBlockSteps(store, setUpCluster(['10.64.0.0/23:24']))
    const { blocks } = await runBlockSteps(store, claimBlocks(request))
    const watch = take(store.watch(1), Number.POSITIVE_INFINITY)
    const watchError = expect(watch).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' })
    await etcd().kill()
    await watchError
    await expect(store.read()).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' })
    await expect(runBlockSteps(store, claimBlocks(request))).rejects.toThrow(
      /Blocks that this host holds stay its own/,
    )
    await store.close()
    await etcd().start()
    const again = openEtcdStore({ cluster: `cluster-${clusters}`, endpoints: [etcd().endpoint], ...patient })
    expect(await runBlockSteps(again, claimBlocks(request))).toMatchObject({ blocks, claimed: [], moves: [] })
    const secondHost = await runBlockSteps(
      again,
      claimBlocks({ ...request, host: 'web-2', incarnation: 'j' }),
    )
    expect(secondHost.blocks[0]?.block).not.toBe(blocks[0]?.block)
  })

  test('a watch ends with CLUSTER_COMPACTED where etcd has lost its data since the revision that it begins at', async () => {
    const store = openStore()
    await store.commit({ when: [], writes: [put('hosts/a', '{}', null)] })
    const { revision } = await store.read()
    await etcd().kill()
    await etcd().machine.mustRun(['rm', '-r', '/run/etcd/data'])
    await etcd().start()
    await expect(take(store.watch(revision + 1), 1)).rejects.toMatchObject({ code: 'CLUSTER_COMPACTED' })
    expect((await store.read()).entries).toEqual([])
  })

  test('a watch ends with CLUSTER_COMPACTED where etcd was restored from an older copy since the revision that it begins at', async () => {
    const store = openStore()
    const withData = async (script: string): Promise<void> => {
      await etcd().kill()
      await etcd().machine.mustRun(['sh', '-c', `cd /run/etcd && ${script}`])
      await etcd().start()
    }
    await store.commit({ when: [], writes: [put('hosts/a', '{}', null)] })
    await withData('rm -rf copy && cp -a data copy')
    await store.commit({ when: [], writes: [put('hosts/b', '{}', null)] })
    const { revision } = await store.read()
    await withData('rm -r data && mv copy data')
    const secondStore = openEtcdStore({
      ...{ cluster: `cluster-${clusters}`, endpoints: [etcd().endpoint] },
      ...patient,
    })
    let now = 0
    while (now < revision + 2)
      now = (await secondStore.commit({ when: [], writes: [put('hosts/c', String(now), null)] })).revision
    await expect(take(store.watch(revision + 1), 10)).rejects.toMatchObject({ code: 'CLUSTER_COMPACTED' })
    const { revision: listed } = await store.read()
    const watch = store.watch(listed + 1)
    await secondStore.commit({ when: [], writes: [put('hosts/d', '{}', null)] })
    expect(await take(watch, 1)).toMatchObject([{ changes: [{ key: 'hosts/d' }] }])
    await secondStore.close()
  })

  test('a claim with an unknown outcome is found by its nonce once etcd answers again', async () => {
    const store = openStore()
    const endpoints = [etcd().endpoint]
    const impatient = openEtcdStore({ cluster: `cluster-${clusters}`, endpoints, timeoutMs: 500 })
    await runBlockSteps(store, setUpCluster(['10.64.0.0/23:24']))
    await until('a connection', () => impatient.read().catch(() => null))
    const steps = claimBlocks(request)
    steps.next()
    const asked = steps.next({ kind: 'snapshot', snapshot: await store.read() })
    if (asked.done === true || asked.value.kind !== 'commit') throw new Error('it asks for a transaction')
    await etcd().pause()
    await expect(impatient.commit(asked.value.transaction)).rejects.toMatchObject({
      code: 'CLUSTER_OUTCOME_UNKNOWN',
    })
    etcd().resume()
    let turn = steps.next({ kind: 'unknown' })
    while (turn.done !== true)
      turn = steps.next(
        turn.value.kind === 'read'
          ? { kind: 'snapshot', snapshot: await store.read() }
          : await store.commit(turn.value.transaction),
      )
    const { entries } = await store.read()
    expect(entries.filter(({ key }) => key.startsWith('blocks/'))).toHaveLength(1)
    await impatient.close()
    expect(turn.value.blocks).toMatchObject([{ nonce: 'n' }])
    const { lease: _lease, ...member } = request
    expect(await runBlockSteps(store, releaseBlocks({ ...member, blocks: null }))).toHaveLength(1)
  })

  test('two clusters on one etcd do not see the keys of each other, also where one name begins with the other', async () => {
    const [prod, prodTwo] = ['prod', 'prod-2'].map((cluster) =>
      openEtcdStore({ cluster, endpoints: [etcd().endpoint], ...patient }),
    )
    await prodTwo?.commit({ when: [], writes: [put('pools', '1')] })
    expect((await prod?.read())?.entries).toEqual([])
    expect((await prodTwo?.read())?.entries).toHaveLength(1)
  })

  test('a store works when one of several endpoints answers', async () => {
    const store = openEtcdStore({
      cluster: 'several',
      endpoints: ['unix:/nowhere', etcd().endpoint, 'unix:/nowhere-else'],
    })
    for (let time = 0; time < 10; time += 1)
      await store.commit({ when: [], writes: [put('a', String(time))] })
    expect((await store.read()).entries).toMatchObject([{ value: '9' }])
  })
})
