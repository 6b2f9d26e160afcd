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

/** A block of this host that collides with something else on it. */
export interface CollidingBlock extends Overlap {
  readonly block: string
}

/** How a host joined a cluster. */
export interface Joined extends Omit<SettledBlocks, 'moves' | 'leaving'> {
  readonly member: RememberedMember
  /** What no pool has any more, with the networks of this host that are still there. */
  readonly leaving: readonly LeavingBlock[]
  /** Blocks that it has all the same, though they collide with something on it: it came later. */
  readonly collisions: readonly CollidingBlock[]
  /** What it had and has no longer, now or before, with the networks of this host that are still there. */
  readonly moves: readonly LostBlock[]
}

export interface LostBlock extends BlockMove {
  readonly networks: readonly string[]
}

export interface LeavingBlock {
  readonly block: string
  /** None where leases or interfaces could not be read: then it is not known that the block is free. */
  readonly networks: readonly string[]
}

/** Claims what a host lacks and remembers what it has, be it less than was asked for. */
export const joinCluster = async (
  store: BlockStore,
  directory: string,
  member: RememberedMember,
  witnesses: BlockWitnesses,
  request: Pick<ClaimRequest, 'lease' | 'renews' | 'count' | 'takeover' | 'avoid' | 'written'> &
    Partial<Pick<KnownBlocks, 'seen'>>,
): Promise<Joined> => {
  const { host, incarnation } = member
  // What became of a block that was lost before may be something else by now.
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
  // What this host gave back itself, as nothing of it was there, it has not lost.
  const held = claimed.blocks.map(({ block }) => block)
  const gone = claimed.moves.filter(
    ({ block }) => !claimed.released.includes(block) && !isWithinBlocks(block, held),
  )
  const moves = gone.map((move): LostBlock => ({ ...move, networks: networksOf(move.block) }))
  const isNew = new Set(member.blocks.map(({ block }) => block))
  const isTold = ({ block, networks }: LostBlock): boolean => networks.length > 0 || isNew.has(block)
  const { lostElsewhere: before = [], ...own } = member
  const lostElsewhere = before.filter(({ block }) => keeps(block))
  const now: RememberedMember = {
    ...own,
    ...(lostElsewhere.length === 0 ? {} : { lostElsewhere }),
    pools: claimed.pools,
    blocks: claimed.blocks.map(({ block, revision }) => ({ block, revision })),
    leaving: claimed.leaving,
    // Told again and again for as long as a network of this host uses it, or may.
    lost: moves
      .filter(({ block }) => keeps(block))
      .map(({ block, takenBy, revision }) => ({ block, takenBy, revision })),
  }
  // With a watch this comes every few seconds; the file is written where something is new.
  if (JSON.stringify(now) !== JSON.stringify(member)) await writeMember(directory, now)
  const collisions = claimed.blocks.flatMap(({ block }): readonly CollidingBlock[] => {
    const found = request.avoid?.(block) ?? null
    return found === null ? [] : [{ block, kind: found.kind, overlaps: found.overlaps, detail: found.detail }]
  })
  return { ...claimed, leaving, collisions, member: now, moves: moves.filter(isTold) }
}
