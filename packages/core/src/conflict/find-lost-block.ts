import { commandWording, type Prefix, parsePrefix, prefixesOverlap, type Wording } from '@portolan/netfilter'
import { blockReservations, type HeldBlocks, hasPoolOf } from '../pool/held-blocks.ts'
import { collisionWith } from '../pool/rejection.ts'
import type { Conflict, Remedy } from './conflict.ts'
import { afterNewName } from './kind/after-new-name.ts'
import { type FoundOverlap, withBothFamilies } from './kind/both-families.ts'
import { namedElsewhere, namedInFile, subnetOverlap } from './kind/subnet-overlap.ts'

/** The culprit's tool in conflicts of networks in blocks of other hosts. */
const ofCluster = 'cluster'

/**
 * Finds the conflict of an existing network in a block that this host had. Another host has the block now, or may have
 * it.
 *
 * @param isLive - a program holds the network: no file holds its intent
 * @returns null when the network is in no such block
 */
export const findLostBlock = (
  { network, subnet }: { readonly network: string; readonly subnet: string },
  blocks: HeldBlocks,
  isLive: boolean,
  wording: Wording = commandWording,
): Conflict | null => findLostBlocks({ network, subnets: [subnet] }, blocks, isLive, wording)[0] ?? null

/**
 * Finds these conflicts for the subnets of a network. If both subnets are in such blocks and have the same remedy,
 * there is one conflict. `used`: subnets in use on the host.
 */
export const findLostBlocks = (
  {
    network,
    subnets,
    used = [],
  }: { readonly network: string; readonly subnets: readonly string[]; readonly used?: readonly string[] },
  { lost, ...blocks }: HeldBlocks,
  isLive: boolean,
  wording: Wording = commandWording,
): readonly Conflict[] => {
  const reserved = blockReservations({ ...blocks, pools: null, lost })
  const inBlocks = subnets.flatMap((subnet) => {
    const prefix = parsePrefix(subnet)
    const overlapped = reserved.filter((one) => prefixesOverlap(one.prefix, prefix)).map(collisionWith)
    return overlapped.length === 0 ? [] : [{ subnet, prefix, overlapped }]
  })
  const all = inBlocks.map(({ subnet }) => subnet)
  const found = inBlocks.map(({ subnet, prefix, overlapped }): FoundOverlap => {
    const conflict = subnetOverlap(network, subnet, overlapped, true, wording)
    // An existing network does not show whether a file or a call names its subnet.
    const withRemedy: Conflict = {
      ...conflict,
      remedy: isLive
        ? remadeInBlock(prefix, blocks, wording)
        : {
            ...conflict.remedy,
            text: `${conflict.remedy.text} ${namedInFile(wording.subnets, blocks.left)}`,
          },
    }
    return { conflict: afterNewName(withRemedy, all, { ...blocks, lost }, used), subnet, overlapped }
  })
  return withBothFamilies(found, isAboutBlocks)
}

/** The remedy for a network that a program holds in a block that this host does not have. */
export const remadeInBlock = (
  prefix: Prefix,
  blocks: Pick<HeldBlocks, 'blocks' | 'leaving' | 'pools' | 'former' | 'join'>,
  { remakeNetwork }: Wording = commandWording,
): Remedy => {
  const has = hasBlock(blocks, prefix)
  // The host may have left the cluster without a record of it.
  const isOutside = !has && !hasPoolOf(blocks, prefix.family)
  return {
    text: `${remakeNetwork} It gets a subnet ${isOutside ? 'outside the cluster' : 'in a block of this host'} then. ${namedElsewhere(null, isOutside)}`,
    // Without a block of the family, there is nothing to pick from.
    commands: has || isOutside ? [] : [blocks.join],
  }
}

const hasBlock = (
  { blocks, leaving = [] }: Pick<HeldBlocks, 'blocks' | 'leaving'>,
  { family }: Prefix,
): boolean => blocks.some((block) => parsePrefix(block).family === family && !leaving.includes(block))

/** Whether a conflict is about a network in cluster addresses that are not this host's. */
export const isAboutBlocks = ({ kind, culprit }: Conflict): boolean =>
  kind === 'SubnetOverlap' && culprit?.tool === ofCluster
