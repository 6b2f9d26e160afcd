import { containsPrefix, overlapsSet, parsePrefix, prefixSet } from '@portolan/netfilter'
import { blockKey } from './block-key.ts'
import { isBlockOf } from './choose-block.ts'
import { poolEntries } from './cluster-pools.ts'

/**
 * Does one of these blocks contain all addresses of a block? A host that had a block, and now has a larger one around
 * it, has not lost it: blocks never overlap, so no other host has any part of it.
 *
 * @param blocks - CIDR of each
 */
export const isWithinBlocks = (block: string, blocks: readonly string[]): boolean => {
  const prefix = parsePrefix(block)
  return blocks.some((one) => containsPrefix(parsePrefix(one), prefix))
}

/**
 * Is this one of the blocks that the pools of a cluster are cut into?
 *
 * @param pools - in the form of etcd: `10.64.0.0/22:24`
 */
export const isOfPools = (block: string, pools: readonly string[]): boolean =>
  isBlockOf(poolEntries({ pools }), parsePrefix(block))

/** Tells of a block if one of these blocks contains any address of it. Both may be thousands, so no two are compared. */
export const overlaps = (blocks: readonly string[]): ((block: string) => boolean) => {
  const set = prefixSet(blocks.map((block) => parsePrefix(block)))
  return (block) => overlapsSet(set, parsePrefix(block))
}

/** Sorts blocks by their keys. */
export const inKeyOrder = <Block extends { readonly block: string }>(
  blocks: readonly Block[],
): readonly Block[] =>
  blocks
    .map((one) => ({ one, key: blockKey(parsePrefix(one.block)) }))
    .toSorted((first, second) => (first.key < second.key ? -1 : 1))
    .map(({ one }) => one)
