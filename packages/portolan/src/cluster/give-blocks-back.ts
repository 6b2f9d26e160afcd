import {
  type BlockStore,
  BlockStoreError,
  blockStoreErrorCode,
  releaseBlocks,
  runBlockSteps,
} from '@portolan/core'
import { type RememberedMember, writeMember } from '@portolan/host'
import { joinLine } from './join-line.ts'
import { newNonce } from './this-member.ts'

/**
 * Gives all blocks of this host back. The memory on disk drops them first. If a process were killed in between and the
 * memory still had them, a plan would pick subnets there that another host may claim.
 *
 * @param blocks - the blocks of this host, as it remembers or as the cluster says
 * @returns the blocks that were given back
 * @throws BlockStoreError as the store does; when the store was not asked to change anything, the memory is as before
 */
export const giveBlocksBack = async (
  store: BlockStore,
  directory: string,
  member: RememberedMember,
  blocks: readonly string[],
): Promise<readonly string[]> => {
  const known = member.lost.map(({ block }) => block)
  const going = blocks
    .filter((block) => !known.includes(block))
    .map((block) => ({ block, takenBy: null, revision: 0 }))
  await writeMember(directory, { ...member, blocks: [], leaving: [], lost: [...member.lost, ...going] })
  let mayBeMade = false
  const commit: BlockStore['commit'] = (transaction) => {
    mayBeMade = true
    return store.commit(transaction)
  }
  try {
    const { host, incarnation } = member
    const steps = releaseBlocks({ host, incarnation, blocks: null, newNonce })
    return await runBlockSteps({ ...store, commit }, steps)
  } catch (error) {
    const code = blockStoreErrorCode(error)
    if (!mayBeMade) await writeMember(directory, member)
    if (!mayBeMade || code === null) throw error
    throw new BlockStoreError(
      code,
      `${(error as Error).message} Until then no network gets a subnet in the blocks of this host. To keep them, run \`${joinLine({ cluster: member.url ?? null, directory })}\` instead.`,
      { cause: error },
    )
  }
}
