import { type Prefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import type { PoolEntry } from '../pool/index.ts'
import { blockKey } from './block-key.ts'
import { type ChosenBlock, isBlockOf } from './choose-block.ts'
import { blockAt, blocksOf, type ClusterState, revisionOf } from './cluster-state.ts'
import type { RememberedBlock } from './find-moves.ts'
import type { SkippedBlocks } from './skipped-blocks.ts'

/** A host, what it had when it asked last, and in which subnets it has networks. */
interface UsingHost {
  readonly host: string
  readonly remembered?: readonly RememberedBlock[]
  readonly inUse?: readonly string[]
  /** What it knows that it had lost, of `remembered`. */
  readonly known?: { readonly lost: readonly RememberedBlock[] }
}

/**
 * A free block that networks of a host are in, and that it had: as it remembers, as the key of the block says, or, where the
 * host remembers none, as its networks do. Then one that the store has forgotten: it took none of them away.
 *
 * @param entries - those of the pools
 * @param skipped - asked before a block is chosen
 * @returns null: none is free
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
  // Whatever takes a block away writes its key, so an older key, or none, is of a store that lost its data.
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
  const inside = had.filter((block) => used.some((subnet) => prefixesOverlap(subnet, block)))
  const prefix = [...inside, ...forgotten].find((block) => {
    const entry = state.entries.get(blockKey(block))
    // A key that another program wrote is of no free block.
    const isFree = entry === undefined || (blockAt(entry)?.state ?? 'held') !== 'held'
    return isFree && isBlockOf(entries, block) && skipped.obstacle(block) === null
  })
  return prefix === undefined ? null : { prefix, seen: revisionIn(prefix) }
}

/** The block of a pool that a subnet is in. */
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
