import { families, formatPrefix, type Prefix, parsePrefix } from '@portolan/netfilter'
import type { BlockObstacle, Rejection } from '../pool/index.ts'
import { unusableRange } from '../pool/unusable-range.ts'
import { blockInUse } from './block-in-use.ts'
import { blockKey, poolsKey } from './block-key.ts'
import { formatBlockRecord } from './block-record.ts'
import type { BlockSteps } from './block-steps.ts'
import type { BlockCondition, BlockOperation, BlockSnapshot } from './block-store.ts'
import { BlockStoreError } from './block-store-error.ts'
import { checkRequest, claimKinds } from './check-block-request.ts'
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
   * The lease that shows that this host is alive, as `grantLease` gives it. Null: nothing shows it. A release that an
   * earlier process of this host sent may then still arrive and be carried out.
   */
  readonly lease: string | null
  /** Replace the present lease with this one. For a program that keeps it alive from now on. */
  readonly renews?: boolean
  /** Returns a text that no other claim has, at each call: 128 random bits. */
  readonly newNonce: () => string
  /** The number of blocks that the host wants in all, for each family of the pools; 1 by default. */
  readonly count?: number
  /**
   * The blocks that the host had when it last asked. One of them is preferred, and lost ones are reported. If the store
   * has forgotten a block because it lost data, the host claims that block back, whatever `count` says.
   */
  readonly remembered?: readonly RememberedBlock[]
  /**
   * The subnets, as CIDR, in which this host has networks. A free block that the host had, with one of them inside, is
   * claimed back first, whatever `count` says. Otherwise its networks would move for nothing.
   */
  readonly inUse?: readonly string[]
  /** Finds what on this host collides with a block, as `blockObstacles` does. Such a block is not claimed. */
  readonly avoid?: BlockObstacle
  /** Take the blocks of a host of this name that is not alive, and whose incarnation is lost. */
  readonly takeover?: boolean
  /** Does the host still use this block? Then it is not given back, even if no pool holds it any more. */
  readonly keeps?: (block: string) => boolean
  /** Writes a command about the cluster for messages; by default unchanged. */
  readonly written?: (command: string) => string
}

/** @public @since 0.1.0 */
export interface ClaimedBlocks {
  /**
   * The pools in which hosts claim blocks, or claimed them. Their addresses outside this host's blocks are not its own.
   */
  readonly pools: readonly string[]
  /** All blocks of this host. */
  readonly blocks: readonly ClusterBlock[]
  /** The blocks among `blocks` that are new. */
  readonly claimed: readonly string[]
  /** What on this host collided with blocks that would have come first. */
  readonly skipped: readonly Rejection[]
  /** Blocks that were given back because no pool holds them any more. */
  readonly released: readonly string[]
  /**
   * Blocks that no pool holds any more, but this host still uses. Its networks must move before the blocks are given
   * back.
   */
  readonly leaving: readonly string[]
  /** Blocks that this host had and no longer has. The networks in them must move. */
  readonly moves: readonly BlockMove[]
}

/**
 * The steps by which a host gets its blocks. Its present blocks are verified, blocks in no pool are given back, and
 * missing ones are claimed, each in one transaction. Run again they change nothing.
 *
 * @throws BlockStoreError `CLUSTER_POOLS`, `CLUSTER_NAME_TAKEN`, and a `BlocksExhaustedError` with code
 * `CLUSTER_EXHAUSTED`: the host keeps the blocks that it has then
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
  checkRequest<ClaimRequest>(request, claimKinds, 'the request of claimBlocks')
  const { exhausted, seen: _seen, yielded: _yielded, ...claimed } = yield* settleBlocks(request)
  if (exhausted !== null) throw exhausted
  return claimed
}

/** The result of `claimBlocks`, which may be less than the host asked for. */
export interface SettledBlocks extends ClaimedBlocks {
  /** Null: the host has all blocks that it asked for. */
  readonly exhausted: BlocksExhaustedError | null
  /** The cluster as it is known afterwards. */
  readonly seen: BlockSnapshot
  /**
   * Blocks that the store gave to this host, although this host saw that they are another host's. They were given back,
   * so that the other host can claim them.
   */
  readonly yielded: readonly YieldedBlock[]
}

interface SettleRequest extends ClaimRequest {
  /** What this host saw of other hosts' blocks: the store may have forgotten it. */
  readonly known?: Pick<KnownBlocks, 'lost' | 'seen'>
}

/** Does what `claimBlocks` does, for a caller that goes on with a result that is short of blocks. */
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
    moves: findMoves(state, request, request.remembered ?? []).map((move) =>
      holders.withSeenHolder(state, move),
    ),
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
  // The first transaction only announces the host. The read after it shows the blocks that an earlier process gave back
  // before that write.
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
  // A block that this host still uses stays held, although no pool holds it. The pools may come back, and another host
  // could then claim the block.
  const unfit = own.find((block) => !fit.includes(block) && request.keeps?.(block.block) !== true)
  if (unfit !== undefined) return write(unfit.prefix, unfit.revision, 'released')
  // The key of a block that was reclaimed from this host hinders pools of another size. So this host releases it once
  // nothing of the host is in the block.
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
    // A missing block does not keep the host from one of the other family.
    lacks({ family, wanted, held: has, skipped: skipped.list() })
  }
  // A host without a block is not announced: it has no part in the cluster.
  if (member.writes.length === 0 || own.length === 0) return null
  return { ...none, transaction: member }
}

const none = { nonce: null, claims: null, releases: null }

/**
 * How the host is announced. The first transaction always writes the key of the host. A release from an earlier process
 * of this host may still be on its way, and would give back a block that this process uses. Every transaction requires
 * that the key is unchanged, so the store refuses that release.
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
