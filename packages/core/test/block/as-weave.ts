import { expect, test } from '@jest/globals'
import type { BlockStore } from '../../src/index.ts'
import { clusterOn, had } from './cluster-on.ts'
import { disorder } from './disorder.ts'

/**
 * Tests the promises of Weave's allocator about addresses and its ring of ranges, here for blocks: weaveworks/weave,
 * ipam/allocator_test.go and ipam/ring/ring_test.go. Each test names its original; TestTransfer is in both files.
 */
export const testAsWeave = (open: () => Promise<BlockStore>, rounds: number): void => {
  const cluster = async (...pools: readonly string[]) => clusterOn(await open(), ...pools)

  test('a claim of what is known and free is granted, and again changes nothing (TestAllocatorClaim)', async () => {
    const { claim, blocksOf } = await cluster('10.32.0.0/24:28')
    const remembered = [had('10.32.0.80/28')]
    expect(await claim('one', { remembered })).toMatchObject({ claimed: ['10.32.0.80/28'], moves: [] })
    expect(await claim('one', { remembered })).toMatchObject({ claimed: [], moves: [] })
    expect(await blocksOf('one')).toEqual(['10.32.0.80/28'])
  })

  test("a claim of another's fails, on either of the two (TestAllocatorClaim)", async () => {
    const { claim, blocksOf } = await cluster('10.32.0.0/27:28')
    const [[ones = ''], [twos = '']] = [await blocksOf('one'), await blocksOf('two')]
    expect(ones).not.toBe(twos)
    const taken = { code: 'CLUSTER_EXHAUSTED' }
    await expect(claim('one', { count: 2, remembered: [had(twos)] })).rejects.toMatchObject(taken)
    await expect(claim('two', { count: 2, remembered: [had(ones)] })).rejects.toMatchObject(taken)
    expect([await blocksOf('one'), await blocksOf('two')]).toEqual([[ones], [twos]])
  })

  test('what was claimed beforehand is given to no other host, though each of them asks for it (TestAllocatorClaim)', async () => {
    const { claim, blocksOf } = await cluster('10.32.0.0/26:28')
    const remembered = [had('10.32.0.16/28')]
    await claim('early', { remembered })
    const others = await Promise.all(['a', 'b', 'c'].map((host) => blocksOf(host, { remembered })))
    expect(others.flat().toSorted()).toEqual(['10.32.0.0/28', '10.32.0.32/28', '10.32.0.48/28'])
  })

  // Weave accepts a claim outside its universe and ignores it. Here a block outside all pools is not held.
  test('what is of no pool is not claimed, and is told (TestAllocatorClaim)', async () => {
    const { claim } = await cluster('10.32.0.0/24:28')
    const claimed = await claim('one', { remembered: [had('10.33.0.0/28')] })
    expect(claimed.blocks.map(({ block }) => block)).toEqual([expect.stringMatching(/^10\.32\.0\./)])
    expect(claimed.moves).toEqual([{ block: '10.33.0.0/28', takenBy: null, revision: 0 }])
  })

  test('the one that asks again gets the same, and another one something else (TestAllocFree)', async () => {
    const { blocksOf } = await cluster('10.32.0.0/24:28')
    const [first, other] = [await blocksOf('one'), await blocksOf('two')]
    expect(other).not.toEqual(first)
    expect([await blocksOf('one'), await blocksOf('two')]).toEqual([first, other])
  })

  // Weave gives a freed address to the next request. Caches and neighbours may still know it as another's.
  test('what was freed is given last, and to its former owner first (TestAllocFree)', async () => {
    const { blocksOf, release } = await cluster('10.32.0.0/27:28')
    const first = await blocksOf('one')
    await release('one')
    const second = await blocksOf('two')
    expect(second).not.toEqual(first)
    expect(await blocksOf('one')).toEqual(first)
    await release('one')
    expect(await blocksOf('three')).toEqual(first)
  })

  test('takeover of peers that are gone gives all that each had, and no more, until the pool is whole (TestTransfer)', async () => {
    const { claim, blocksOf, reclaim, view } = await cluster('10.32.0.0/24:28')
    await claim('left')
    const [gone, goneToo] = [await blocksOf('gone', { count: 4 }), await blocksOf('gone-too', { count: 3 })]
    expect((await reclaim('gone')).map(({ block }) => block).toSorted()).toEqual(gone.toSorted())
    expect((await view()).hosts).toMatchObject([{ host: 'gone-too' }, { host: 'left' }])
    expect((await reclaim('gone-too')).map(({ block }) => block).toSorted()).toEqual(goneToo.toSorted())
    expect(await reclaim('gone')).toEqual([])
    expect(await blocksOf('left', { count: 16 })).toHaveLength(16)
  })

  test('what was taken over can be given to its former owner again (TestTransfer of the ring)', async () => {
    const { claim, blocksOf, reclaim, release } = await cluster('10.32.0.0/28:28')
    const block = await blocksOf('gone')
    await expect(claim('two')).rejects.toThrow(/portolan cluster reclaim --member NAME/)
    await reclaim('gone')
    expect(await blocksOf('two')).toEqual(block)
    await expect(claim('gone')).rejects.toMatchObject({ code: 'CLUSTER_EXHAUSTED' })
    await release('two')
    expect(await blocksOf('gone')).toEqual(block)
  })

  test('all that one has goes to the other, and part of it back (TestGrantSimple)', async () => {
    const { blocksOf, release, view } = await cluster('10.32.0.0/26:28')
    const all = await blocksOf('one', { count: 4 })
    await release('one')
    expect(await blocksOf('two', { count: 4, remembered: all.map(had) })).toEqual(all)
    await release('two', all.slice(1))
    expect(await blocksOf('one', { count: 3 })).toEqual(all.slice(1))
    expect((await view()).pools).toMatchObject([{ held: 4, released: 0 }])
  })

  test('an owner is told of each range, and of none that was not claimed (TestOwner)', async () => {
    const { claim, view } = await cluster('10.32.0.0/24:28')
    expect((await view()).hosts).toEqual([])
    const { blocks } = await claim('one')
    expect((await view()).hosts).toMatchObject([{ host: 'one', blocks }])
  })

  test('there are no duplicates, whatever five hosts ask for at once (TestAllocatorFuzz)', async () => {
    const { faults, claimed, released } = await disorder(await cluster('10.4.0.0/22:28'), rounds)
    expect(faults).toEqual([])
    expect(claimed).toBeGreaterThan(rounds)
    expect(released).toBeGreaterThan(rounds)
  })
}
