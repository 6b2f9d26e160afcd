import { families, formatPrefix, type Prefix, parsePrefix } from '@portolan/netfilter'
import type { BlockObstacle, Rejection } from '../pool/index.ts'
import { unusableRange } from '../pool/unusable-range.ts'
import { blockInUse } from './block-in-use.ts'
import { blockKey, poolsKey } from './block-key.ts'
import { formatBlockRecord } from './block-record.ts'
import type { BlockSteps } from './block-steps.ts'
import type { BlockCondition, BlockOperation, BlockSnapshot } from './block-store.ts'
import { BlockStoreError } from './block-store-error.ts'
import { chooseBlock, isBlockOf } from './choose-block.ts'
import { poolEntries } from './cluster-pools.ts'
import {
  type ClusterBlock,
  type ClusterState,
  mustHavePools,
  type PlacedBlock,
  revisionOf,
  snapshotOf,
  withoutPrefix,
} from './cluster-state.ts'
import { type BlockMove, findMoves, type RememberedBlock } from './find-moves.ts'
import { type Announcement, asMember, type ClusterMember, expiredOf, heldBy, heldByName } from './member.ts'
import { type BlocksExhaustedError, blocksExhausted, type Shortfall } from './missing-blocks.ts'
import { type BlockChange, pursue } from './pursue.ts'
import { type SkippedBlocks, skippedBlocks } from './skipped-blocks.ts'
import { takeOver } from './take-over.ts'
import type { KnownBlocks } from './undone-moves.ts'
import { inKeyOrder } from './within-blocks.ts'
import { seenHolders, type YieldedBlock } from './yield-blocks.ts'

/** @public @since 0.1.0 */
export interface ClaimRequest extends ClusterMember {
  /**
   * The lease that says that this host is alive, as `grantLease` gives it. Null: nothing is said, and a release that an
   * earlier process of this host sent may still arrive and be carried out.
   */
  readonly lease: string | null
  /** Put the lease in the place of the one that says so now; for a program that keeps it alive from now on. */
  readonly renews?: boolean
  /** A text that no other claim has, each time: 128 random bits. */
  readonly newNonce: () => string
  /** How many blocks of each family of the pools the host wants to have in all; 1 unless told. */
  readonly count?: number
  /**
   * What the host had when it asked last. A block of these is preferred, and what became of the others is told. One that the
   * store has forgotten, as it lost its data, is claimed back whatever `count` says.
   */
  readonly remembered?: readonly RememberedBlock[]
  /**
   * Subnets in which this host has networks, CIDR. A block that it had and that has one of them is claimed back before any other
   * where it is free, whatever `count` says: what is there would have to move for nothing.
   */
  readonly inUse?: readonly string[]
  /** What of this host is in the way of a block, as `blockObstacles` tells it: such a block is not claimed. */
  readonly avoid?: BlockObstacle
  /** Take the blocks of a host of this name that is not alive, and whose incarnation is lost. */
  readonly takeover?: boolean
  /** Is something of the host still in this block? Then it is not given back, though no pool has it any more. */
  readonly keeps?: (block: string) => boolean
  /** How a command about the cluster is written in messages; as it is unless told. */
  readonly written?: (command: string) => string
}

/** @public @since 0.1.0 */
export interface ClaimedBlocks {
  /** Where hosts claim blocks, now or before: addresses there that are in no block of this host are not its own. */
  readonly pools: readonly string[]
  /** All blocks of this host. */
  readonly blocks: readonly ClusterBlock[]
  /** Those of them that are new. */
  readonly claimed: readonly string[]
  /** What of this host was in the way of blocks that would have come first. */
  readonly skipped: readonly Rejection[]
  /** Blocks that no pool has any more, given back. */
  readonly released: readonly string[]
  /** Blocks that no pool has any more, and that something of this host is in: it has to move before they are given back. */
  readonly leaving: readonly string[]
  /** Blocks that this host had and has no longer. What uses them has to move. */
  readonly moves: readonly BlockMove[]
}

/**
 * The steps by which a host comes to its blocks: what it has is verified, what no pool has is given back, and what it
 * lacks is claimed, each in one transaction. Run again they change nothing.
 *
 * @throws BlockStoreError `CLUSTER_POOLS`, `CLUSTER_NAME_TAKEN`, and a `BlocksExhaustedError` of code
 * `CLUSTER_EXHAUSTED`: what the host has then, it keeps
 * @example
 * const store = memoryBlockStore()
 * await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24']))
 * const lease = await store.grantLease(60)
 * const request = { host: 'web-1', incarnation: 'a1', lease, newNonce: () => 'n1' }
 * const { blocks } = await runBlockSteps(store, claimBlocks(request))
 * blocks.length // 1
 * const again = await runBlockSteps(store, claimBlocks(request))
 * again.claimed // []
 * @public @since 0.1.0
 */
export function* claimBlocks(request: ClaimRequest): BlockSteps<ClaimedBlocks> {
  const { exhausted, seen: _seen, yielded: _yielded, ...claimed } = yield* settleBlocks(request)
  if (exhausted !== null) throw exhausted
  return claimed
}

/** What a host came to, though it may be less than it asked for. */
export interface SettledBlocks extends ClaimedBlocks {
  /** Null: it has what it asked for. */
  readonly exhausted: BlocksExhaustedError | null
  /** The cluster as it is known then. */
  readonly seen: BlockSnapshot
  /** Blocks that the store said were this host's, and that are of another one as it has seen: given back, for that one to claim. */
  readonly yielded: readonly YieldedBlock[]
}

interface SettleRequest extends ClaimRequest {
  /** What this host has seen of the blocks of others: the store may have forgotten that. */
  readonly known?: Pick<KnownBlocks, 'lost' | 'seen'>
}

/** The steps of `claimBlocks` for a host that keeps what it got, and does more with it. */
export function* settleBlocks(request: SettleRequest): BlockSteps<SettledBlocks> {
  const { written = (command) => command } = request
  const holders = seenHolders(request, request.known, written)
  const claimed = new Set<string>()
  const released = new Set<string>()
  const passed = new Map<string, Rejection>()
  let short: readonly Shortfall[] = []
  const { state } = yield* pursue((now, commits) => {
    const taken = holders.obstacle(now)
    const skipped = skippedBlocks((block) => taken(block) ?? request.avoid?.(block) ?? null)
    const lacking: Shortfall[] = []
    const undone = holders.next(now)
    const change = nextChange(now, request, commits === 0, undone, skipped, (one) => lacking.push(one))
    for (const one of skipped.list()) passed.set(one.overlaps, one)
    short = lacking
    if (change === null) return null
    if (change.claims !== null) claimed.add(change.claims)
    if (change.releases !== null) released.add(change.releases)
    return change
  })
  const held = inKeyOrder(heldBy(state, request))
  const blocks = held.map(withoutPrefix)
  const has = new Set(blocks.map(({ block }) => block))
  const fresh = [...claimed].filter((block) => has.has(block))
  const settled = mustHavePools(state)
  const entries = poolEntries(settled)
  const given = holders.yielded().filter(({ block }) => !has.has(block))
  const names = blocks.map(({ block, revision }) => ({ block, revision }))
  return {
    pools: [...settled.pools, ...settled.former],
    blocks,
    claimed: fresh,
    skipped: [...passed.values()],
    released: [...released].filter((block) => !has.has(block) && !given.some((one) => one.block === block)),
    leaving: held.filter(({ prefix }) => !isBlockOf(entries, prefix)).map(({ block }) => block),
    moves: findMoves(state, request, request.remembered ?? []).map((move) => holders.told(state, move)),
    exhausted: short.length === 0 ? null : blocksExhausted(state, short, names, fresh, written),
    seen: snapshotOf(state),
    yielded: given,
  }
}

interface ClaimChange extends BlockChange {
  readonly claims: string | null
  readonly releases: string | null
}

const nextChange = (
  state: ClusterState,
  request: SettleRequest,
  isFirst: boolean,
  undone: PlacedBlock | null,
  skipped: SkippedBlocks,
  lacks: (shortfall: Shortfall) => void,
): ClaimChange | null => {
  const pools = mustHavePools(state)
  const entries = poolEntries(pools)
  const member = asMember(state, request, announcementOf(request, isFirst))
  const own = heldByName(state, request)
  refuseOtherIncarnation(own, request)
  // What was given back before that write is seen in what is read behind it.
  if (isFirst && own.length > 0 && member.writes.length > 0)
    return { ...none, transaction: member, readsBehind: true }
  const write = (prefix: Prefix, seen: number, to: 'held' | 'released'): ClaimChange => {
    const nonce = request.newNonce()
    const key = blockKey(prefix)
    const { host, incarnation } = request
    const value = formatBlockRecord({ host, incarnation, nonce, state: to })
    const guards: readonly BlockCondition[] = [
      seen === 0 ? { kind: 'created', key, revision: 0 } : { kind: 'modified', key, revision: seen },
      { kind: 'modified', key: poolsKey, revision: revisionOf(state, poolsKey) },
    ]
    const put: BlockOperation = { kind: 'put', key, value, lease: null }
    const name = formatPrefix(prefix)
    return {
      transaction: { when: [...guards, ...member.when], writes: [put, ...member.writes] },
      nonce,
      claims: to === 'held' ? name : null,
      releases: to === 'released' ? name : null,
    }
  }
  if (undone !== null) return write(undone.prefix, undone.revision, 'released')
  const fit = own.filter(({ prefix }) => isBlockOf(entries, prefix))
  // Pools may come back, and another host could claim the block then while this one still uses it.
  const unfit = own.find((block) => !fit.includes(block) && request.keeps?.(block.block) !== true)
  if (unfit !== undefined) return write(unfit.prefix, unfit.revision, 'released')
  // One that was reclaimed from this machine is in the way of other sizes until it says that nothing of it is there.
  const expired = expiredOf(state, request).find(
    ({ block, prefix }) => !isBlockOf(entries, prefix) && request.keeps?.(block) !== true,
  )
  if (expired !== undefined) return write(expired.prefix, expired.revision, 'released')
  const lost = own.filter(({ incarnation }) => incarnation !== request.incarnation)
  if (lost.length > 0) {
    const nonce = request.newNonce()
    const { when, writes } = takeOver(state, request, lost, nonce)
    const transaction = { when: [...when, ...member.when], writes: [...writes, ...member.writes] }
    return { ...none, transaction, nonce }
  }
  const back = blockInUse(state, entries, request, skipped)
  if (back !== null) return write(back.prefix, back.seen, 'held')
  for (const family of families) {
    if (!entries.some(({ prefix }) => prefix.family === family)) continue
    const wanted = request.count ?? 1
    const has = fit.filter(({ prefix }) => prefix.family === family && unusableRange(prefix) === null).length
    if (has >= wanted) continue
    const before = (request.remembered ?? []).map(({ block }) => parsePrefix(block))
    const chosen = chooseBlock(state, entries, request.host, family, before, skipped)
    if (chosen !== null) return write(chosen.prefix, chosen.seen, 'held')
    // What there is of the other family is claimed all the same.
    lacks({ family, wanted, held: has, skipped: skipped.list() })
  }
  // A host that got nothing has no part in the cluster.
  if (member.writes.length === 0 || own.length === 0) return null
  return { ...none, transaction: member }
}

const none = { nonce: null, claims: null, releases: null }

/**
 * The first change writes the key of the host in any case. What an earlier process of this host sent may still be on its
 * way, and could give back a block behind the back of this one: each of its transactions is on the condition that this
 * key is as it was.
 */
const announcementOf = ({ lease, renews }: ClaimRequest, isFirst: boolean): Announcement | null => {
  if (lease === null) return null
  if (!isFirst) return { lease, how: 'if-new' }
  return { lease, how: renews === true ? 'anew' : 'again' }
}

const refuseOtherIncarnation = (
  own: readonly ClusterBlock[],
  { host, incarnation, takeover }: ClaimRequest,
): void => {
  const other = own.find((block) => block.incarnation !== incarnation)
  if (other === undefined || takeover === true) return
  throw new BlockStoreError(
    'CLUSTER_NAME_TAKEN',
    `Block ${other.block} is held by a machine named ${host} that is not this one: its state directory is another. If this is that machine, and its state directory was lost, run the command again with --takeover. If there are two machines of this name, give this one a name of its own (--member).`,
  )
}
