import { containsPrefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'

/**
 * Which of other hosts' blocks has the addresses of a block: one that it is in, else the first of those that are in it. Pools
 * may be cut into blocks of another size since.
 */
export const holderOf = <Block extends { readonly block: string }>(
  block: string,
  others: readonly Block[],
): Block | null => {
  const prefix = parsePrefix(block)
  const found = others.filter((one) => prefixesOverlap(parsePrefix(one.block), prefix))
  return found.find((one) => containsPrefix(parsePrefix(one.block), prefix)) ?? found[0] ?? null
}
