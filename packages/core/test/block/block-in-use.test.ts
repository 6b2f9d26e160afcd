import { describe, expect, test } from '@jest/globals'
import { settleBlocks } from '../../src/block/claim-blocks.ts'
import { memoryBlockStore, runBlockSteps } from '../../src/index.ts'
import { clusterOn, had } from './cluster-on.ts'

let nonces = 0
const newNonce = (): string => {
  nonces += 1
  return `again ${nonces}`
}
const one = { host: 'one', incarnation: 'of one', lease: null, newNonce }

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

describe('a block that the store has forgotten', () => {
  test('is claimed back without a network in it, however many the host asks for, but for one that it had lost', async () => {
    const pools = ['10.64.0.0/20:24', 'fd00:1234::/56:64'] as const
    const before = await clusterOf(...pools)
    const blocks = await before.blocksOf('one', { count: 3 })
    const [first = '', second = '', third = '', , , last = ''] = blocks
    const [emptied, other] = [await clusterOf(...pools), await clusterOf(...pools)]
    const remembered = [first, second, last].map(had)
    expect(await emptied.blocksOf('one', { remembered })).toEqual([first, second, last])
    expect((await emptied.claim('one', { remembered })).claimed).toEqual([])
    await other.blocksOf('two', { remembered: [had(second)] })
    const lost = [{ block: third, takenBy: null, revision: 1 }]
    const request = { ...one, remembered: [...remembered, ...lost.map(({ block }) => had(block))] }
    const settled = await runBlockSteps(
      other.store,
      settleBlocks({ ...request, known: { lost, seen: null } }),
    )
    expect(settled.blocks.map(({ block }) => block)).toEqual([first, last])
  })

  test('is none that was taken away there, which its key says', async () => {
    const cluster = await clusterOf('10.64.0.0/20:24')
    const { blocks } = await cluster.claim('one', { count: 2 })
    await cluster.reclaim('one')
    expect(await cluster.blocksOf('one', { remembered: blocks })).toHaveLength(1)
  })
})
