import {
  type BlockMove,
  type BlockStore,
  type ClaimRequest,
  type Overlap,
  runBlockSteps,
} from '@portolan/core'
import { isWithinBlocks, type KnownBlocks, type SettledBlocks, settleBlocks } from '@portolan/core/planning'
import { type RememberedMember, writeMember } from '@portolan/host'
import { newNonce } from './this-member.ts'
import { areComplete, type BlockWitnesses, subnetsInUse, useOfBlocks } from './use-of-blocks.ts'

/** A block of this host that overlaps something else on it. */
export interface CollidingBlock extends Overlap {
  readonly block: string
}

/** The result of a join. */
export interface Joined extends Omit<SettledBlocks, 'moves' | 'leaving'> {
  readonly member: RememberedMember
  /** Blocks of this host that no pool contains any more, with the networks that are still in them. */
  readonly leaving: readonly LeavingBlock[]
  /** Blocks that the host keeps although they collide: the other thing came later. */
  readonly collisions: readonly CollidingBlock[]
  /** Blocks that the host has lost, now or before, with the networks that are still in them. */
  readonly moves: readonly LostBlock[]
}

export interface LostBlock extends BlockMove {
  readonly networks: readonly string[]
}

export interface LeavingBlock {
  readonly block: string
  /** Empty also when leases or interfaces could not be read. The block is then not known to be free. */
  readonly networks: readonly string[]
}

/** Claims the blocks that a host lacks and remembers the blocks it has, even fewer than it asked for. */
export const joinCluster = async (
  store: BlockStore,
  directory: string,
  member: RememberedMember,
  witnesses: BlockWitnesses,
  request: Pick<ClaimRequest, 'lease' | 'renews' | 'count' | 'takeover' | 'avoid' | 'written'> &
    Partial<Pick<KnownBlocks, 'seen'>>,
): Promise<Joined> => {
  const { host, incarnation } = member
  // A block that was lost before may have another holder by now.
  const remembered = [...member.blocks, ...member.lost]
  const networksOf = (block: string): readonly string[] => useOfBlocks([block], witnesses)[0]?.networks ?? []
  const keeps = (block: string): boolean => !areComplete(witnesses) || networksOf(block).length > 0
  const claimed = await runBlockSteps(
    store,
    settleBlocks({
      ...request,
      known: { lost: member.lost, seen: request.seen ?? null },
      host,
      incarnation,
      remembered,
      keeps,
      inUse: subnetsInUse(witnesses),
      newNonce,
    }),
  )
  const leaving = claimed.leaving.map((block) => ({ block, networks: networksOf(block) }))
  // A block that the host gave back itself, because it was unused, is not lost.
  const held = claimed.blocks.map(({ block }) => block)
  const gone = claimed.moves.filter(
    ({ block }) => !claimed.released.includes(block) && !isWithinBlocks(block, held),
  )
  const moves = gone.map((move): LostBlock => ({ ...move, networks: networksOf(move.block) }))
  const isNew = new Set(member.blocks.map(({ block }) => block))
  const isToReport = ({ block, networks }: LostBlock): boolean => networks.length > 0 || isNew.has(block)
  const { lostElsewhere: before = [], ...own } = member
  const lostElsewhere = before.filter(({ block }) => keeps(block))
  const now: RememberedMember = {
    ...own,
    ...(lostElsewhere.length === 0 ? {} : { lostElsewhere }),
    pools: claimed.pools,
    blocks: claimed.blocks.map(({ block, revision }) => ({ block, revision })),
    leaving: claimed.leaving,
    // A lost block is reported again and again while a network of this host uses it, or may use it.
    lost: moves
      .filter(({ block }) => keeps(block))
      .map(({ block, takenBy, revision }) => ({ block, takenBy, revision })),
  }
  // A watch comes here every few seconds, so the file is written only after a change.
  if (JSON.stringify(now) !== JSON.stringify(member)) await writeMember(directory, now)
  const collisions = claimed.blocks.flatMap(({ block }): readonly CollidingBlock[] => {
    const found = request.avoid?.(block) ?? null
    return found === null ? [] : [{ block, kind: found.kind, overlaps: found.overlaps, detail: found.detail }]
  })
  return { ...claimed, leaving, collisions, member: now, moves: moves.filter(isToReport) }
}
