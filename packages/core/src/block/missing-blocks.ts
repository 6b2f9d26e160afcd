import { type Family, formatPrefix } from '@portolan/netfilter'
import { type Rejection, rejectionText } from '../pool/index.ts'
import { addPoolsText } from './add-pools-text.ts'
import { hostKey } from './block-key.ts'
import { BlockStoreError } from './block-store-error.ts'
import { isBlockOf } from './choose-block.ts'
import { poolEntries } from './cluster-pools.ts'
import { blocksOf, type ClusterState, mustHavePools } from './cluster-state.ts'
import type { RememberedBlock } from './find-moves.ts'
import { unreadIn } from './unread-blocks.ts'

/**
 * The numbers of blocks of a family that a host asked for, and that it has.
 * @public @since 0.1.0
 */
export interface MissingBlocks {
  readonly family: Family
  readonly wanted: number
  readonly held: number
}

/** Missing blocks, with what on the host collided with free blocks. */
export interface Shortfall extends MissingBlocks {
  readonly skipped: readonly Rejection[]
}

/**
 * The error when a host got fewer blocks than it asked for. The host keeps the blocks that it has, with those that it
 * claimed before none was left.
 * @example
 * const store = memoryBlockStore()
 * await runBlockSteps(store, setUpCluster(['10.64.0.0/23:24']))
 * try {
 *   await runBlockSteps(store, claimBlocks({ host: 'web-1', incarnation: 'a1', lease: null, count: 3, newNonce: () => 'n1' }))
 * } catch (error) {
 *   if (error instanceof BlocksExhaustedError) console.log(error.missing) // [ { family: 'ip', wanted: 3, held: 2 } ]
 * }
 * @public @since 0.1.0
 */
export class BlocksExhaustedError extends BlockStoreError {
  /** The blocks that the host has. */
  readonly blocks: readonly RememberedBlock[]
  /** The blocks among `blocks` that are new. */
  readonly claimed: readonly string[]
  readonly missing: readonly MissingBlocks[]

  constructor(
    message: string,
    had: Pick<BlocksExhaustedError, 'blocks' | 'claimed' | 'missing'>,
    options?: { cause?: unknown },
  ) {
    super('CLUSTER_EXHAUSTED', message, options)
    this.blocks = had.blocks
    this.claimed = had.claimed
    this.missing = had.missing
  }
}

const familyNames: Readonly<Record<Family, string>> = { ip: 'IPv4', ip6: 'IPv6' }

/**
 * @param blocks - the blocks that the host has
 * @param written - writes a command about the cluster
 */
export const blocksExhausted = (
  state: ClusterState,
  short: readonly Shortfall[],
  blocks: readonly RememberedBlock[],
  claimed: readonly string[],
  written: (command: string) => string,
): BlocksExhaustedError => {
  const missing = short.map(({ family, wanted, held }) => ({ family, wanted, held }))
  // One command for all families: a second call, for one family, would remove the pools that the first call has added.
  const added = short.length === 1 ? ['NEW'] : short.map(({ family }) => `NEW-${familyNames[family]}`)
  const sentences = [
    ...short.map((one) => shortfallText(state, one, added, written)),
    keptText(blocks, claimed),
  ]
  return new BlocksExhaustedError(sentences.join(' '), { blocks, claimed, missing })
}

const shortfallText = (
  state: ClusterState,
  { family, wanted, held: own, skipped }: Shortfall,
  added: readonly string[],
  written: (command: string) => string,
): string => {
  const settled = mustHavePools(state)
  const pools = settled.pools.filter((pool) =>
    poolEntries({ pools: [pool] }).some(({ prefix }) => prefix.family === family),
  )
  const entries = poolEntries(settled)
  const held = blocksOf(state).filter(
    ({ state: now, prefix }) => now === 'held' && prefix.family === family && isBlockOf(entries, prefix),
  )
  const dead = held.filter((block) => !state.entries.has(hostKey(block.host)))
  const hosts = [...new Set(dead.map(({ host }) => host))]
  const shown = listText(hosts)
  const add = `${addPoolsText(settled.pools, added, written)}.`
  const way =
    hosts.length === 0
      ? `To have more, ${add}`
      : `${dead.length === 1 ? '1 of them is of a host that is' : `${dead.length} of them are of ${hosts.length === 1 ? 'a host that is' : 'hosts that are'}`} not alive (${shown}): \`${written('portolan cluster reclaim --member NAME')}\` frees ${dead.length === 1 ? 'it' : 'them'}. Or ${add}`
  const unread = unreadIn(state).flatMap(({ prefix }) =>
    prefix.family === family && isBlockOf(entries, prefix) ? [formatPrefix(prefix)] : [],
  )
  const taken = takenText(held.length, skipped, unread)
  const lack = `So this host lacks ${wanted - own} of the ${wanted} ${familyNames[family]} ${wanted === 1 ? 'block' : 'blocks'} that it asks for.`
  return `No block is free in ${pools.length === 1 ? 'pool' : 'pools'} ${pools.join(', ')}: ${[taken, lack, ...collisionRemedies(skipped), way].join(' ')}`
}

/** Why no block is free: the end of a sentence. */
const takenText = (held: number, skipped: readonly Rejection[], unread: readonly string[]): string => {
  if (skipped.length + unread.length === 0) return `hosts hold all ${held} of this family.`
  const keys = unread.length === 1 ? 'key' : 'keys'
  return [
    `hosts hold ${held} of this family`,
    ...(unread.length === 0 ? [] : [`the ${keys} of ${listText(unread)} cannot be read`]),
    ...(skipped.length === 0
      ? []
      : [`each of the others collides with what this host has (${rejectionText(skipped)})`]),
  ]
    .join(', and ')
    .concat('.')
}

/** What to do about collisions. An allowed range does not free a lease: its network must leave the pools. */
const collisionRemedies = (skipped: readonly Rejection[]): readonly string[] => {
  const isLeased = ({ kind }: Rejection): boolean => kind === 'lease'
  const ofOthers =
    'Remove what collides, or allow its range if it may be used anyway (allowed: in /etc/portolan/config.yaml).'
  const own =
    "Move a network that has a lease there out of the cluster's pools: `portolan move -f FILE --pool 10.9.0.0/16:24 NETWORK` with its Compose file and a range outside them, or name such a subnet in the file first. Then join again."
  return [...(skipped.every(isLeased) ? [] : [ofOthers]), ...(skipped.some(isLeased) ? [own] : [])]
}

const keptText = (blocks: readonly RememberedBlock[], claimed: readonly string[]): string => {
  if (blocks.length === 0) return 'It has no block.'
  const news =
    claimed.length === 0
      ? 'none of them is new'
      : claimed.length === blocks.length
        ? 'all claimed now'
        : `claimed now: ${listText(claimed)}`
  const names = listText(blocks.map(({ block }) => block))
  return `It keeps ${blocks.length === 1 ? 'the block' : `the ${blocks.length} blocks`} that it has: ${names} (${news}).`
}

const listText = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
