import {
  type Family,
  families,
  firstAddress,
  formatPrefix,
  type Prefix,
  prefixAround,
} from '@portolan/netfilter'

/** Blocks by their addresses, cut to one length. */
type Cut<Placed> = ReadonlyMap<string, readonly Placed[]>

/**
 * Finds the blocks that have addresses of a prefix. It compares no two blocks: a cluster has thousands, and each host
 * asks about each of them with every change.
 *
 * Blocks overlap only if one contains the other. So an overlapping block has the addresses of the prefix when both are
 * cut to the shorter of their lengths. The pools of a cluster have few lengths.
 */
export const overlapIndex = <Placed extends { readonly prefix: Prefix }>(
  blocks: readonly Placed[],
): ((prefix: Prefix) => readonly Placed[]) => {
  const byLength = new Map<string, Placed[]>()
  const lengths: Record<Family, number[]> = { ip: [], ip6: [] }
  // Most callers ask about no block at all, so nothing is done before the first question.
  let isSorted = false
  const sort = (): void => {
    isSorted = true
    for (const one of blocks) {
      const { family, length } = one.prefix
      const same = byLength.get(`${family} ${length}`)
      if (same !== undefined) same.push(one)
      else {
        byLength.set(`${family} ${length}`, [one])
        lengths[family].push(length)
      }
    }
    for (const family of families) lengths[family].sort((one, other) => one - other)
  }
  const cuts = new Map<string, Cut<Placed>>()
  const cutOf = (family: Family, length: number, to: number): Cut<Placed> => {
    const name = `${family} ${length} ${to}`
    const known = cuts.get(name)
    if (known !== undefined) return known
    const cut = new Map<string, Placed[]>()
    for (const one of byLength.get(`${family} ${length}`) ?? []) {
      const key = keyOf(one.prefix, to)
      const same = cut.get(key)
      if (same === undefined) cut.set(key, [one])
      else same.push(one)
    }
    cuts.set(name, cut)
    return cut
  }
  return (prefix) => {
    if (!isSorted) sort()
    return lengths[prefix.family].flatMap((length) => {
      const to = Math.min(length, prefix.length)
      return cutOf(prefix.family, length, to).get(keyOf(prefix, to)) ?? []
    })
  }
}

const keyOf = (prefix: Prefix, length: number): string =>
  formatPrefix(prefix.length === length ? prefix : prefixAround(firstAddress(prefix), length))
