import { containsPrefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'

/**
 * Finds the block of another host that has the addresses of a block: the one that contains it, or else the first one
 * inside it. Pools may have been cut into blocks of another size since.
 */
export const holderOf = <Block extends { readonly block: string }>(
  block: string,
  others: readonly Block[],
): Block | null => {
  const prefix = parsePrefix(block)
  const found = others.filter((one) => prefixesOverlap(parsePrefix(one.block), prefix))
  return found.find((one) => containsPrefix(parsePrefix(one.block), prefix)) ?? found[0] ?? null
}
