import { expect, test } from '@jest/globals'
import { memoryBlockStore } from '@portolan/core'
import { clusterOn, had } from '../../../core/test/block/cluster-on.ts'
import { keptTexts } from '../../src/command/cluster/kept-blocks.ts'

const place = { cluster: 'etcd://127.0.0.1/prod', directory: '/var/lib/portolan' }

/** A cluster in which the block of web-1 was reclaimed, and web-1 is alive. */
const openCluster = async () => {
  const cluster = await clusterOn(memoryBlockStore(), '10.64.0.0/22:24')
  const [block = ''] = await cluster.blocksOf('web-1')
  await cluster.reclaim('web-1')
  const comeBack = async (): Promise<void> => {
    const lease = await cluster.store.grantLease(60)
    await cluster.claim('web-1', { lease })
  }
  const told = async (): Promise<readonly string[]> =>
    keptTexts(place, 'prod', await cluster.store.read(), [{ block, host: 'web-1' }], [])
  return { cluster, block, comeBack, told }
}

test('of a host that came back, a block that another one has by now is not said to be left to it', async () => {
  const { cluster, block, comeBack, told } = await openCluster()
  await cluster.claim('web-3', { remembered: [had(block)] })
  await comeBack()
  expect(await told()).toEqual([`${block} no longer belongs to web-1: web-3 has it now`])
})

test('of a host that came back, a block whose key cannot be read is told with the key', async () => {
  const { cluster, block, comeBack, told } = await openCluster()
  await comeBack()
  const key = 'blocks/ip/0a400300-24'
  await cluster.store.commit({ when: [], writes: [{ kind: 'put', key, value: '{"host', lease: null }] })
  expect(await told()).toEqual([
    expect.stringMatching(`^${block} left to web-1: the key /portolan/v1/prod/${key} of etcd holds what`),
  ])
})

test('one that it has is left to it', async () => {
  const { cluster, block, told } = await openCluster()
  const lease = await cluster.store.grantLease(60)
  await cluster.claim('web-1', { lease, remembered: [had(block)] })
  expect(await told()).toEqual([`${block} left to web-1: it came back, and is alive now`])
})
