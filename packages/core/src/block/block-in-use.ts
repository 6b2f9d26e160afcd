import { overlapsSet, type Prefix, parsePrefix, prefixesOverlap, prefixSet } from '@portolan/netfilter'
import type { PoolEntry } from '../pool/index.ts'
import { blockKey } from './block-key.ts'
import { type ChosenBlock, isBlockOf } from './choose-block.ts'
import { blockAt, blocksOf, type ClusterState, revisionOf } from './cluster-state.ts'
import type { RememberedBlock } from './find-moves.ts'
import type { SkippedBlocks } from './skipped-blocks.ts'

/** A host, its blocks when it last asked, and the subnets in which it has networks. */
interface UsingHost {
  readonly host: string
  readonly remembered?: readonly RememberedBlock[]
  readonly inUse?: readonly string[]
  /** The blocks in `remembered` that the host knows to be lost. */
  readonly known?: { readonly lost: readonly RememberedBlock[] }
}

/**
 * Finds a free block that a host should get back. The first choice is a block that it had, with networks of the host
 * inside. That it had the block is known from its memory, from the block's key, or, if it remembers none, from the
 * networks. The second choice is a remembered block that the store has forgotten: no host took that block away.
 *
 * @param entries - the prefixes of the pools
 * @param skipped - is asked about each block before it is chosen
 * @returns null: no such block is free
 */
export const blockInUse = (
  state: ClusterState,
  entries: readonly PoolEntry[],
  { host, remembered = [], inUse = [], known }: UsingHost,
  skipped: SkippedBlocks,
): ChosenBlock | null => {
  const used = inUse.map((subnet) => parsePrefix(subnet))
  const revisionIn = (prefix: Prefix): number => revisionOf(state, blockKey(prefix))
  const lost = new Set(known?.lost.map(({ block }) => block))
  // Taking a block away writes its key. So a missing key, or one older than the remembered revision, means that the
  // store lost data.
  const forgotten = remembered.flatMap(({ block, revision }) => {
    const prefix = parsePrefix(block)
    return lost.has(block) || revisionIn(prefix) >= revision ? [] : [prefix]
  })
  if (used.length + forgotten.length === 0) return null
  const had = [
    ...remembered.map(({ block }) => parsePrefix(block)),
    ...blocksOf(state).flatMap((block) => (block.host === host ? [block.prefix] : [])),
    ...(remembered.length === 0 ? used.flatMap((subnet) => blocksAround(entries, subnet)) : []),
  ]
  const usedSet = prefixSet(used)
  const mayClaim = (block: Prefix): boolean => {
    const entry = state.entries.get(blockKey(block))
    // A block whose key another program wrote is not free.
    const isFree = entry === undefined || (blockAt(entry)?.state ?? 'held') !== 'held'
    return isFree && isBlockOf(entries, block) && skipped.obstacle(block) === null
  }
  const prefix =
    had.find((block) => overlapsSet(usedSet, block) && mayClaim(block)) ?? forgotten.find(mayClaim)
  return prefix === undefined ? null : { prefix, seen: revisionIn(prefix) }
}

/** The blocks of the pools that contain a subnet. */
const blocksAround = (entries: readonly PoolEntry[], subnet: Prefix): readonly Prefix[] =>
  entries.flatMap(({ prefix, size }): readonly Prefix[] => {
    if (!prefixesOverlap(prefix, subnet) || prefix.length > subnet.length || size > subnet.length) return []
    if (subnet.family === 'ip') {
      const width = 2 ** (32 - size)
      return [{ family: 'ip', base: Math.floor(subnet.base / width) * width, length: size }]
    }
    const width = 1n << BigInt(128 - size)
    return [{ family: 'ip6', base: (subnet.base / width) * width, length: size }]
  })
