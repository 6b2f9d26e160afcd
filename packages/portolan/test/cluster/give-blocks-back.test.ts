import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import {
  type BlockStore,
  BlockStoreError,
  claimBlocks,
  memoryBlockStore,
  runBlockSteps,
  setUpCluster,
} from '@portolan/core'
import { type RememberedMember, readMember, writeMember } from '@portolan/host'
import { giveBlocksBack } from '../../src/cluster/give-blocks-back.ts'
import { newNonce } from '../../src/cluster/this-member.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'portolan-give-back-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const joined = async () => {
  const store = memoryBlockStore()
  await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24']))
  const me = { host: 'web-1', incarnation: 'a1' }
  const { pools, blocks } = await runBlockSteps(store, claimBlocks({ ...me, lease: null, newNonce }))
  const held = blocks.map(({ block, revision }) => ({ block, revision }))
  const kept = { cluster: 'prod', ...me, pools, blocks: held, leaving: [], lost: [] }
  const member: RememberedMember = await writeMember(directory, kept, { isFirst: true })
  return { store, member, own: held.map(({ block }) => block) }
}

/** A store that replaces `commit`, so that a change fails after it was carried out. */
const failing = (store: BlockStore, commit: BlockStore['commit']): BlockStore => ({ ...store, commit })

test('the memory lets go of the blocks before the cluster does', async () => {
  const { store, member, own } = await joined()
  const known: (RememberedMember | null)[] = []
  const watched = failing(store, async (transaction) => {
    known.push(await readMember(directory))
    return store.commit(transaction)
  })
  expect(await giveBlocksBack(watched, directory, member, own)).toEqual(own)
  expect(known).toMatchObject([{ blocks: [], lost: [{ block: own[0], takenBy: null }] }])
})

test('where no answer comes the blocks are in no plan, and what keeps them is said', async () => {
  const { store, member, own } = await joined()
  const lost = failing(store, async () => {
    throw new BlockStoreError('CLUSTER_OUTCOME_UNKNOWN', 'etcd did not answer a change.')
  })
  await expect(giveBlocksBack(lost, directory, member, own)).rejects.toMatchObject({
    code: 'CLUSTER_OUTCOME_UNKNOWN',
    message: expect.stringContaining(`To keep them, run \`portolan cluster join --state ${directory}\``),
  })
  expect(await readMember(directory)).toMatchObject({ blocks: [], lost: [{ block: own[0] }] })
})

test('where nothing was asked of the store the memory is as before', async () => {
  const { store, member, own } = await joined()
  const off: BlockStore = {
    ...store,
    read: async () => {
      throw new BlockStoreError('CLUSTER_UNREACHABLE', 'etcd does not answer.')
    },
  }
  await expect(giveBlocksBack(off, directory, member, own)).rejects.toMatchObject({
    message: 'etcd does not answer.',
  })
  expect(await readMember(directory)).toEqual(member)
})
