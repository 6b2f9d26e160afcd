import { expect, test } from '@jest/globals'
import {
  announceNode,
  type BlockStore,
  claimBlocks,
  memoryBlockStore,
  neighboursOf,
  releaseBlocks,
  runBlockSteps,
  setUpCluster,
} from '../../src/index.ts'
import { announceFrom, lostRecords, settleBlocks } from '../../src/planning.ts'

const pool = '10.0.0.0/16:24'
let nonces = 0
const newNonce = (): string => {
  nonces += 1
  return `n${nonces}`
}
const one = { host: 'web-1', incarnation: 'a1', cluster: 'prod' }
const two = { host: 'web-2', incarnation: 'b1', newNonce }

/** A store in which another host acts just before this host's commits. */
const actingBefore = (store: BlockStore, act: () => Promise<unknown>): BlockStore => ({
  ...store,
  commit: async (transaction) => {
    await act()
    return store.commit(transaction)
  },
})

/** Joins as `portolan cluster join` does, and remembers the other hosts as they were seen then. */
const joined = async (store: BlockStore) => {
  const { seen, blocks } = await runBlockSteps(store, settleBlocks({ ...one, lease: null, newNonce }))
  const addresses = { ip: '192.0.2.11', ip6: null }
  const now = await runBlockSteps(store, announceFrom({ ...one, addresses }, seen))
  return { ...one, pools: [pool], lost: [], blocks, seen: neighboursOf(now, one) }
}

test.each([
  [
    'announces its address',
    async (store: BlockStore) => {
      await runBlockSteps(
        store,
        announceNode({ host: 'web-2', incarnation: 'b1', addresses: { ip: '192.0.2.12', ip6: null } }),
      )
    },
  ],
  [
    'gives a block back that a third host claims',
    async (store: BlockStore) => {
      await runBlockSteps(store, releaseBlocks({ ...two, blocks: null }))
      const third = { host: 'web-3', incarnation: 'c1', newNonce, lease: null }
      await runBlockSteps(
        store,
        claimBlocks({ ...third, remembered: [{ block: '10.0.9.0/24', revision: 1 }] }),
      )
    },
  ],
])('a host that joins while another one %s sees no older copy of the data afterwards', async (_what, act) => {
  const store = memoryBlockStore()
  await runBlockSteps(store, setUpCluster([pool]))
  await runBlockSteps(
    store,
    claimBlocks({ ...two, lease: null, remembered: [{ block: '10.0.9.0/24', revision: 1 }] }),
  )
  let isActed = false
  const beside = actingBefore(store, async () => {
    if (isActed) return
    isActed = true
    await act(store)
  })
  const known = await joined(beside)
  expect(isActed).toBe(true)
  expect(lostRecords(await store.read(), known)).toBeNull()
})
