import { containsPrefix, parsePrefix } from '@portolan/netfilter'

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
