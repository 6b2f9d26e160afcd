import { parsePrefix } from '@portolan/netfilter'
import type { ClusterNeighbours } from '../block/neighbours.ts'
import type { HeldBlocks } from '../pool/held-blocks.ts'
import { isNameTaken, takeoverText } from '../pool/name-taken.ts'

/**
 * A block that this host had in its cluster, and no longer has.
 * @public @since 0.1.0
 */
export interface LostBlockUse {
  /** CIDR. */
  readonly block: string
  /** The host that has the block now; null: no host has it. */
  readonly takenBy: string | null
  /** Networks of this host inside the block: `shop/web`. */
  readonly networks: readonly string[]
}

const familyOf = (block: string): string => (parsePrefix(block).family === 'ip' ? 'IPv4' : 'IPv6')

/**
 * Groups the blocks for one note each. Blocks without a network are grouped by family and new host. Blocks with the
 * same networks are grouped over both families, because one move takes a network out of both.
 */
const byNetworks = (lost: readonly LostBlockUse[]): readonly (readonly LostBlockUse[])[] => {
  const groups = new Map<string, LostBlockUse[]>()
  for (const one of lost) {
    const key =
      one.networks.length > 0 ? JSON.stringify(one.networks) : `${familyOf(one.block)} ${one.takenBy ?? ''}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups.values()]
}

/**
 * Notes about the blocks that this host had in its cluster. Blocks without a network get a note too, because the routes
 * to other hosts go with the last block of a family.
 *
 * @param neighbours - the other hosts of the cluster; null: none are known
 * @param blocks - the command that claims blocks, and the takeover command where another machine has this host's name
 * @example
 * lostBlockNotes([{ block: '10.64.1.0/24', takenBy: 'web-2', networks: [] }], null)[0]
 * // 'Block 10.64.1.0/24 no longer belongs to this host: host web-2 has it now. ...'
 */
export const lostBlockNotes = (
  lost: readonly LostBlockUse[],
  neighbours:
    | (Pick<ClusterNeighbours, 'blocks' | 'others'> & Partial<Pick<ClusterNeighbours, 'host'>>)
    | null,
  blocks: Pick<HeldBlocks, 'join' | 'left' | 'takeover'> = { join: 'portolan cluster join' },
): readonly string[] =>
  byNetworks(lost).flatMap((group) => {
    const networks = group[0]?.networks ?? []
    // This host gave its blocks back, and has no routes to other hosts any more.
    if (blocks.left === true && networks.length === 0) return []
    const gone = [...new Set(group.map(({ block }) => familyOf(block)))].flatMap((family) => {
      const isOfFamily = (one: string): boolean => familyOf(one) === family
      if (neighbours === null || neighbours.blocks.some(isOfFamily)) return []
      return [{ family, hasOthers: neighbours.others.some((other) => isOfFamily(other.block)) }]
    })
    const isOne = group.length === 1
    const [them, they] = isOne ? ['it', 'Block'] : ['them', 'Blocks']
    return [
      `${they} ${group.map(({ block }) => block).join(', ')} no longer ${isOne ? 'belongs' : 'belong'} to this host: ${holders(group, neighbours)} now.`,
      networks.length === 0
        ? `No network of this host is in ${them}.`
        : `Networks of this host are in ${them}: ${networks.join(', ')}. Each has to move${blocks.left ? ' out of the cluster' : ''}.`,
      ...gone.flatMap(({ family, hasOthers }) =>
        hasOthers && blocks.left !== true
          ? [
              `This host has no other ${family} block, so it keeps no routes to ${family} blocks of other hosts: replies from there could not reach it.`,
            ]
          : [],
      ),
      wayToBlock(blocks, neighbours, gone.length > 0),
    ].join(' ')
  })

/** Names the hosts that have the blocks now: the end of a sentence. */
const holders = (
  group: readonly LostBlockUse[],
  neighbours: Partial<Pick<ClusterNeighbours, 'host'>> | null,
): string => {
  const has = (takenBy: string | null, what: string): string =>
    `${takenBy === null ? 'no host' : `${takenBy === neighbours?.host ? 'another machine named' : 'host'} ${takenBy}`} has ${what}`
  const [first, ...more] = group.map(({ takenBy }) => takenBy)
  if (first === undefined || more.some((one) => one !== first))
    return group.map(({ block, takenBy }) => has(takenBy, block)).join(', ')
  return has(first, more.length === 0 ? 'it' : 'them')
}

/** The command that gives this host a block, or gets its own back. */
const wayToBlock = (
  { join, left, takeover }: Pick<HeldBlocks, 'join' | 'left' | 'takeover'>,
  neighbours: Partial<Pick<ClusterNeighbours, 'host' | 'others'>> | null,
  isLast: boolean,
): string => {
  if (left) return `This host has left the cluster. To join it again: \`${join}\`.`
  const rename = `\`${join}\` gives this host another one, NAME, and a block, and says how each network moves there.`
  if (neighbours !== null && takeover !== undefined)
    return `${takeoverText(neighbours.host ?? '', takeover)} If another machine has the name, ${rename}`
  if (neighbours !== null && isNameTaken(neighbours)) return `Two machines cannot have one name: ${rename}`
  return isLast
    ? `Claim another block: \`${join}\`.`
    : `\`${join}\` verifies the blocks of this host, and says what has to be done.`
}
