import { describe, expect, test } from '@jest/globals'
import { memoryBlockStore } from '../../src/index.ts'
import { clusterOn, had } from './cluster-on.ts'

const clusterOf = (...pools: readonly string[]) => clusterOn(memoryBlockStore(), ...pools)

describe('a block that networks of a host are in', () => {
  test('is claimed back before an empty one, and so are all of them', async () => {
    const cluster = await clusterOf('10.64.0.0/20:24', 'fd00:1234::/56:64')
    const blocks = await cluster.blocksOf('one', { count: 3 })
    await cluster.reclaim('one')
    const [, second = '', third = '', , , last = ''] = blocks
    const inUse = [second.replace('0/24', '0/25'), third.replace('0/24', '7/32'), last]
    const request = { remembered: blocks.map(had), inUse }
    expect(await cluster.blocksOf('one', request)).toEqual([second, third, last])
    expect((await cluster.claim('one', request)).claimed).toEqual([])
  })

  test('is known by its key, or by the networks alone where the store lost it', async () => {
    const cluster = await clusterOf('10.64.0.0/20:24')
    const blocks = await cluster.blocksOf('one', { count: 3 })
    await cluster.reclaim('one')
    expect(await cluster.blocksOf('one', { incarnation: 'again', inUse: blocks.slice(1) })).toEqual(
      blocks.slice(1),
    )
    const emptied = await clusterOf('10.64.0.0/20:24')
    expect(await emptied.blocksOf('one', { inUse: blocks })).toEqual(blocks)
  })

  test('stays that of another host, and one that it never had is not claimed for a network there', async () => {
    const cluster = await clusterOf('10.64.0.0/20:24')
    const [block = '', own = ''] = [...(await cluster.blocksOf('two')), ...(await cluster.blocksOf('one'))]
    const inUse = [block, '10.64.15.0/25', '10.0.0.0/8', '192.0.2.0/24']
    expect(await cluster.blocksOf('one', { remembered: [had(block)], inUse })).toEqual([own])
  })
})
