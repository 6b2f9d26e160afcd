import { containsPrefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import { blockKey } from './block-key.ts'
import { isBlockOf } from './choose-block.ts'
import { poolEntries } from './cluster-pools.ts'

/**
 * Are all addresses of a block in one of these? A block that a host had, and has by now as a part of a larger one, is not
 * lost: blocks never overlap, so no other host has any of it.
 *
 * @param blocks - CIDR of each
 */
export const isWithinBlocks = (block: string, blocks: readonly string[]): boolean => {
  const prefix = parsePrefix(block)
  return blocks.some((one) => containsPrefix(parsePrefix(one), prefix))
}

/**
 * Is a block one of those that the pools of a cluster are cut into?
 *
 * @param pools - as etcd has them: `10.64.0.0/22:24`
 */
export const isOfPools = (block: string, pools: readonly string[]): boolean =>
  isBlockOf(poolEntries({ pools }), parsePrefix(block))

/** Is any address of a block in one of these? */
export const isAmong = (block: string, blocks: readonly string[]): boolean => {
  const prefix = parsePrefix(block)
  return blocks.some((one) => prefixesOverlap(parsePrefix(one), prefix))
}

/** Blocks in the order of their keys. */
export const inKeyOrder = <Block extends { readonly block: string }>(
  blocks: readonly Block[],
): readonly Block[] =>
  blocks
    .map((one) => ({ one, key: blockKey(parsePrefix(one.block)) }))
    .toSorted((first, second) => (first.key < second.key ? -1 : 1))
    .map(({ one }) => one)
