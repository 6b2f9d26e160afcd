import {
  type Family,
  parsePrefix,
  prefixesOverlap,
  subtractPrefixes,
  tryParsePrefix,
} from '@portolan/netfilter'
import { isOfPools } from '../../block/within-blocks.ts'
import { joinWithCount } from '../../pool/blocks-exhausted.ts'
import { blockPools, type HeldBlocks } from '../../pool/held-blocks.ts'
import { newNameText } from '../../pool/name-taken.ts'
import type { Conflict } from '../conflict.ts'

/**
 * Asks to join the cluster first: no subnet is picked in a cluster that this host is not a member of. Null: it is one.
 */
const joinText = ({ cluster, unjoined }: HeldBlocks): string | null =>
  unjoined !== undefined ? `First join cluster ${cluster}, or get the blocks of this host back.` : null

/** Whether `join` may return the blocks of all these subnets, unless another host has taken them by then. */
const mayComeBack = (subnets: readonly string[], blocks: HeldBlocks): boolean => {
  const { lost, pools, former = [], left, elsewhere } = blocks
  if (left !== undefined || elsewhere !== undefined) return false
  const settled = (pools ?? []).filter((pool) => !former.includes(pool))
  const free = lost.filter(
    ({ block, takenBy, cluster }) => takenBy === null && cluster === undefined && isOfPools(block, settled),
  )
  return subnets.every((subnet) =>
    free.some(({ block }) => prefixesOverlap(parsePrefix(block), parsePrefix(subnet))),
  )
}

/** Puts `join` in front of a remedy: if its block is free, the network need not move to other addresses. */
const afterJoin = (conflict: Conflict, { join }: HeldBlocks): Conflict => ({
  ...conflict,
  remedy: {
    text: `\`${join}\` gets the block back where no other host has it by then, and the network stays. Otherwise: ${conflict.remedy.text}`,
    commands: [join],
  },
})

/** Whether this host has joined but has no block of the family of one of these subnets, so that none can be picked. */
const lacksBlock = (subnets: readonly string[], blocks: HeldBlocks): boolean =>
  blocks.pools !== null &&
  blocks.left === undefined &&
  blocks.elsewhere === undefined &&
  subnets.some((subnet) => blockPools(blocks, parsePrefix(subnet).family)?.length === 0)

/** The families in which the blocks of this host have no room for another subnet as large as one of these. */
const familiesWithoutRoom = (
  subnets: readonly string[],
  { blocks, leaving = [] }: HeldBlocks,
  used: readonly string[],
): ReadonlySet<Family> => {
  const holes = [...used, ...leaving].flatMap((one) => tryParsePrefix(one) ?? [])
  return new Set(
    subnets.flatMap((subnet) => {
      const { family, length } = parsePrefix(subnet)
      const own = blocks.map((block) => parsePrefix(block)).filter((block) => block.family === family)
      const free = own.flatMap((block) => subtractPrefixes(block, holes))
      return own.length > 0 && !free.some((one) => one.length <= length) ? [family] : []
    }),
  )
}

/** Puts the claim of a block in front of a remedy: before that, the network has nothing to move to or be made in. */
const afterClaim = (
  { remedy, ...conflict }: Conflict,
  [what, claim, join]: readonly [what: string, claim: string, join: string],
): Conflict => ({
  ...conflict,
  remedy: {
    text: `First claim ${what}, which asks etcd: \`${claim}\`. Then: ${remedy.text}`,
    commands: [claim, ...remedy.commands.filter((command) => command !== join)],
  },
})

/**
 * The number of blocks that this host has in these families once it has one more. The largest number of any family
 * counts.
 */
const oneMore = (families: ReadonlySet<Family>, { blocks, leaving = [] }: HeldBlocks): number => {
  const kept = blocks.filter((block) => !leaving.includes(block)).map((block) => parsePrefix(block).family)
  return 1 + Math.max(...[...families].map((family) => kept.filter((one) => one === family).length))
}

/**
 * A conflict about a block of a cluster. Its remedy begins with a name or a block for this host, if it needs one.
 *
 * @param subnets - the network's subnets in such blocks
 * @param used - the known subnets that are in use in the blocks of this host
 */
export const afterNewName = (
  conflict: Conflict,
  subnets: readonly string[],
  blocks: HeldBlocks,
  used: readonly string[] = [],
): Conflict => {
  const first = newNameText(blocks) ?? joinText(blocks)
  if (first === null) {
    if (mayComeBack(subnets, blocks)) return afterJoin(conflict, blocks)
    const { join } = blocks
    if (lacksBlock(subnets, blocks)) return afterClaim(conflict, ['a block', join, join])
    const families = familiesWithoutRoom(subnets, blocks, used)
    return families.size === 0
      ? conflict
      : afterClaim(conflict, ['one more block', joinWithCount(join, oneMore(families, blocks)), join])
  }
  const { text, commands } = conflict.remedy
  // The text alone says which of the two ways applies.
  if (blocks.takeover !== undefined)
    return { ...conflict, remedy: { text: `${first} Then: ${text}`, commands: [blocks.takeover] } }
  const rest = commands.filter((command) => command !== blocks.join)
  return { ...conflict, remedy: { text: `${first} Then: ${text}`, commands: [blocks.join, ...rest] } }
}
