import {
  type Family,
  parsePrefix,
  prefixesOverlap,
  subtractPrefixes,
  tryParsePrefix,
} from '@portolan/netfilter'
import { isOfPools } from '../block/within-blocks.ts'
import { joinWithCount } from '../pool/blocks-exhausted.ts'
import { blockPools, type HeldBlocks } from '../pool/held-blocks.ts'
import { newNameText } from '../pool/name-taken.ts'
import type { Conflict } from './conflict.ts'

/** No subnet is picked in the cluster for a host that is none of its own. */
const joinText = ({ cluster, unjoined }: HeldBlocks): string | null =>
  unjoined !== undefined ? `First join cluster ${cluster}, or get the blocks of this host back.` : null

/** Is each of these subnets in a block that `join` gets back, unless another host has it by then? */
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

/** A network that moves although its block is free gets other addresses for nothing. */
const afterJoin = (conflict: Conflict, { join }: HeldBlocks): Conflict => ({
  ...conflict,
  remedy: {
    text: `\`${join}\` gets the block back where no other host has it by then, and the network stays. Otherwise: ${conflict.remedy.text}`,
    commands: [join],
  },
})

/** Has this host, which has joined, no block of a family that one of these subnets is of, so that none can be picked? */
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

/** There is nothing to move to, or to be made in, before. */
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

/** How many blocks of such a family this host has with another one. */
const oneMore = (families: ReadonlySet<Family>, { blocks, leaving = [] }: HeldBlocks): number => {
  const kept = blocks.filter((block) => !leaving.includes(block)).map((block) => parsePrefix(block).family)
  return 1 + Math.max(...[...families].map((family) => kept.filter((one) => one === family).length))
}

/**
 * A conflict about a block of a cluster, whose remedy begins with a name or a block for this host where it needs one.
 *
 * @param subnets - those of the network that are in such blocks
 * @param used - what of the blocks of this host is in use, as far as it is known
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
  // Which of the two ways it is, only the text tells.
  if (blocks.takeover !== undefined)
    return { ...conflict, remedy: { text: `${first} Then: ${text}`, commands: [blocks.takeover] } }
  const rest = commands.filter((command) => command !== blocks.join)
  return { ...conflict, remedy: { text: `${first} Then: ${text}`, commands: [blocks.join, ...rest] } }
}
