import type { ClusterView, LostElsewhere } from '@portolan/core'
import { holderOf, isOfPools, isWithinBlocks } from '@portolan/core/planning'
import type { RememberedMember } from '@portolan/host'
import { areComplete, type BlockWitnesses, useOfBlocks } from '../../cluster/use-of-blocks.ts'
import { unreadMoveText } from './join-texts.ts'
import type { WaysOut } from './ways-out.ts'

/** A block that this host has lost, and that something on this host still uses. */
export interface LostInUse {
  readonly block: string
  /** The host that has the block now, as a sentence names it; null: no host has it, as far as etcd says. */
  readonly holder: string | null
  /** The key of the block cannot be read, so its host is not known. The text about the key says so. */
  readonly isUnread: boolean
  /** No pool contains the block any more, so no host gets it. */
  readonly isOfNoPool: boolean
  /** The networks of this host in the block. */
  readonly networks: readonly string[]
  /** The number of addresses that this host has leased in the block. */
  readonly leased: number
  /**
   * The state directory counts the block as one of this host, until `join` or `release` has settled what became of it.
   */
  readonly isRemembered: boolean
}

/** The blocks that this host has lost, as the cluster says. A block that nothing here uses any more is left out. */
export const lostInUse = (
  view: Pick<ClusterView, 'hosts' | 'pools'>,
  member: Pick<RememberedMember, 'host' | 'incarnation' | 'blocks' | 'lost'>,
  witnesses: BlockWitnesses,
  unread: readonly string[],
): readonly LostInUse[] => {
  const isOwn = (host: string, incarnation: string): boolean =>
    host === member.host && incarnation === member.incarnation
  const pools = view.pools.map(({ pool }) => pool)
  const all = view.hosts.flatMap(({ blocks }) => blocks)
  const held = all.filter((one) => isOwn(one.host, one.incarnation)).map(({ block }) => block)
  const others = all.filter((one) => !isOwn(one.host, one.incarnation))
  const before = [...new Set([...member.blocks, ...member.lost].map(({ block }) => block))]
  const gone = before.filter((block) => !isWithinBlocks(block, held))
  const remembered = member.blocks.map(({ block }) => block)
  return useOfBlocks(gone, witnesses).flatMap(({ block, leased, networks }): readonly LostInUse[] => {
    const isRemembered = remembered.includes(block)
    const isUsed = leased > 0 || networks.length > 0 || isRemembered || !areComplete(witnesses)
    const taker = holderOf(block, others)?.host ?? null
    const holder =
      taker === null ? null : taker === member.host ? `another machine named ${taker}` : `host ${taker}`
    const isUnread = unread.includes(block)
    const isOfNoPool = !isOfPools(block, pools)
    return isUsed ? [{ block, holder, isUnread, isOfNoPool, networks, leased, isRemembered }] : []
  })
}

/**
 * Sentences about lost blocks in use, with the way out of each.
 *
 * @param hasBlock - does this host have a block to which networks can move?
 * @param claim - the command that claims a block for this host
 * @param ways - says how networks get out of a block
 */
export const lostInUseTexts = (
  lost: readonly LostInUse[],
  hasBlock: boolean,
  claim: string,
  ways: WaysOut,
): readonly string[] =>
  lost.map((one) =>
    [
      one.isUnread
        ? unreadMoveText(one.block)
        : `block ${one.block} no longer belongs to this host: ${one.holder ?? 'no host'} has it now.`,
      ...useTexts(one),
      ...(one.isUnread
        ? ['Repair that key first: its own message says how.']
        : one.isRemembered || !hasBlock
          ? [claimText(one, claim)]
          : endTexts(one, ways)),
    ].join(' '),
  )

const claimText = ({ holder, isOfNoPool }: LostInUse, claim: string): string =>
  holder === null && !isOfNoPool
    ? `\`${claim}\` gets it back, or claims another one where a host has it by then, and says what has to move.`
    : `Claim another block: \`${claim}\`, which says what has to move.`

/** Says what of this host is in the block, and what follows from that. */
const useTexts = ({ holder, isUnread, isOfNoPool, networks, leased }: LostInUse): readonly string[] => {
  if (networks.length > 0) {
    const use = `Networks of this host are in it: ${networks.join(', ')}.`
    if (isUnread || (holder === null && isOfNoPool)) return [use]
    return holder === null
      ? [use, 'A host that claims it uses the same addresses.']
      : [use, 'Both hosts may use the same addresses.']
  }
  return leased === 0
    ? []
    : [
        `${leased === 1 ? 'An address' : `${leased} addresses`} there ${leased === 1 ? 'is' : 'are'} leased here.`,
      ]
}

/** Says what ends the use, where this host has another block. */
const endTexts = ({ networks, leased }: LostInUse, ways: WaysOut): readonly string[] => {
  if (networks.length > 0) return [ways(networks), 'This is told until they have moved.']
  return [
    leased === 0
      ? 'Leases or interfaces of this host could not be read, so it is not known whether a network is in it. This is told until they can be.'
      : 'This is told until nothing is leased there.',
  ]
}

/** A block that this host left in another cluster, with its networks that are still in the block. */
export interface LeftElsewhere extends LostElsewhere {
  readonly networks: readonly string[]
}

/** The blocks left elsewhere in which this host has networks. What became of the block, only that cluster knows. */
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
      `block ${block} of cluster ${cluster} no longer belongs to this host, and networks of this host are in it: ${networks.join(', ')}. Another host of ${cluster} may use its addresses. It is told until they have moved. ${ways(networks)}`,
  )
