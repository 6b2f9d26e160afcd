import type { ClusterView, LostElsewhere } from '@portolan/core'
import { isWithinBlocks } from '@portolan/core/planning'
import type { RememberedMember } from '@portolan/host'
import { areComplete, type BlockWitnesses, useOfBlocks } from '../../cluster/use-of-blocks.ts'
import type { WaysOut } from './ways-out.ts'

/** A block that is no longer of this host, and that something on it still uses. */
export interface LostInUse {
  readonly block: string
  /** Networks of this host that are in it. */
  readonly networks: readonly string[]
  /** The state directory has it for a block of this host, until `join` or `release` has settled what became of it. */
  readonly isRemembered: boolean
}

/**
 * The blocks of this host that it has no longer, as the cluster says. One that nothing here uses any more is of no interest
 * to it.
 */
export const lostInUse = (
  view: ClusterView,
  member: RememberedMember,
  witnesses: BlockWitnesses,
): readonly LostInUse[] => {
  const own = view.hosts.find(({ host }) => host === member.host)?.blocks ?? []
  const held = own.filter(({ incarnation }) => incarnation === member.incarnation).map(({ block }) => block)
  const before = [...new Set([...member.blocks, ...member.lost].map(({ block }) => block))]
  const gone = before.filter((block) => !isWithinBlocks(block, held))
  const remembered = member.blocks.map(({ block }) => block)
  return useOfBlocks(gone, witnesses).flatMap(({ block, leased, networks }): readonly LostInUse[] => {
    const isRemembered = remembered.includes(block)
    const isUsed = leased > 0 || networks.length > 0 || isRemembered || !areComplete(witnesses)
    return isUsed ? [{ block, networks, isRemembered }] : []
  })
}

/**
 * What is to be said of such blocks, and what ends it: sentences.
 *
 * @param hasBlock - has this host a block to move to?
 * @param claim - what claims a block for this host
 * @param ways - what gets networks out of a block
 */
export const lostInUseTexts = (
  lost: readonly LostInUse[],
  hasBlock: boolean,
  claim: string,
  ways: WaysOut,
): readonly string[] =>
  lost.map(({ block, networks, isRemembered }) => {
    const ends =
      isRemembered || !hasBlock
        ? `\`${claim}\` gets back what no other host has, or claims another one, and says what has to move.`
        : networks.length === 0
          ? 'It is told until nothing is leased there.'
          : `It is told until they have moved. ${ways(networks)}`
    return networks.length === 0
      ? `${block} is no longer of this host in the cluster. ${ends}`
      : `${block} is no longer of this host in the cluster, and networks of this host are in it: ${networks.join(', ')}. ${ends}`
  })

/** A block that this host left in another cluster, with the networks of it that are still there. */
export interface LeftElsewhere extends LostElsewhere {
  readonly networks: readonly string[]
}

/** Those in which networks are: what became of the block, only that cluster knows. */
export const leftElsewhere = (
  { lostElsewhere = [] }: Pick<RememberedMember, 'lostElsewhere'>,
  witnesses: BlockWitnesses,
): readonly LeftElsewhere[] =>
  lostElsewhere.flatMap((one) => {
    const networks = useOfBlocks([one.block], witnesses)[0]?.networks ?? []
    return networks.length === 0 ? [] : [{ ...one, networks }]
  })

export const leftElsewhereTexts = (left: readonly LeftElsewhere[], ways: WaysOut): readonly string[] =>
  left.map(
    ({ cluster, block, networks }) =>
      `block ${block} of cluster ${cluster} is no longer of this host, and networks of this host are in it: ${networks.join(', ')}. Another host of ${cluster} may use its addresses. It is told until they have moved. ${ways(networks)}`,
  )
