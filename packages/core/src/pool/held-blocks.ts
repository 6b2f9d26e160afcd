import { type Family, formatPrefix, type Prefix, parsePrefix, subtractPrefixes } from '@portolan/netfilter'
import { readPool } from './parse-pool.ts'
import type { Pool } from './pool.ts'
import type { Reservation } from './reservation.ts'
import { unusableRange } from './unusable-range.ts'

/**
 * The share of a cluster's addresses that this host remembers as its own. Its subnets are picked in its blocks, and in
 * no other address of the cluster's pools.
 * @example
 * const blocks: HeldBlocks = {
 *   cluster: 'prod', pools: ['10.64.0.0/12:24'], blocks: ['10.66.31.0/24'], lost: [], join: 'portolan cluster join',
 * }
 * planSubnets({}, [{ network: 'web', family: 'ip' }], [], { blocks })[0]?.subnet // '10.66.31.0/24'
 * @public @since 0.1.0
 */
export interface HeldBlocks {
  /** The name of the cluster. */
  readonly cluster: string
  /** The name of this host in the cluster. Absent: not known. */
  readonly host?: string
  /**
   * The pools in which the cluster's hosts claim blocks, or claimed them, in the form that `parsePool` reads; null:
   * this host has not joined.
   */
  readonly pools: readonly string[] | null
  /**
   * Pools in `pools` that the cluster no longer has. A family with no other pool is picked outside the cluster. Absent:
   * none are known.
   */
  readonly former?: readonly string[]
  /** CIDR of each block of this host. */
  readonly blocks: readonly string[]
  /**
   * Blocks in `blocks` that no pool holds any more. Networks there stay until they are moved, and no new network comes.
   */
  readonly leaving?: readonly string[]
  /**
   * Blocks that this host had. `takenBy` is the host that has the block now; null: no host has it, or it is not known.
   * `cluster` names a former cluster of this host; absent: this cluster.
   */
  readonly lost: readonly {
    readonly block: string
    readonly takenBy: string | null
    readonly cluster?: string
  }[]
  /**
   * Blocks of other hosts, as the cluster was last seen. If a network of this host lies in such a block, its addresses
   * are lost, even where this host does not remember the block. Absent: none were seen.
   */
  readonly others?: readonly { readonly block: string; readonly host: string }[]
  /** Blocks in `lost` that other hosts hold only according to a store that has lost data. Absent: it has lost none. */
  readonly disputed?: readonly string[]
  /**
   * Where this host has not joined: the cluster's own answer. It has the pools, now and before, and the blocks of this
   * host that the host does not remember. No subnet is picked in any of them. Absent: the cluster was not asked, or did
   * not answer, so no subnet is picked at all.
   */
  readonly unjoined?: { readonly pools: readonly string[]; readonly own: readonly string[] }
  /**
   * This host has given back its blocks and its name. Networks that are still in the blocks move out of the cluster.
   * Absent: it has not.
   */
  readonly left?: true
  /**
   * Sentences that say why nothing is picked: this host is in another cluster than the named one, or the named cluster
   * has no pools, as with a misspelt name. Absent: neither holds.
   */
  readonly elsewhere?: string
  /** The command that claims blocks, for messages. */
  readonly join: string
  /**
   * The command that gets this host's blocks back where a store that has lost data gives them to a machine with this
   * host's name. That machine may be this host itself, before its blocks were taken over. Absent: there is no such
   * machine.
   */
  readonly takeover?: string
}

const poolOfBlock = (block: string): Pool => readPool(`${block}:${parsePrefix(block).length}`)

const has = (pool: Pool, family: Family): boolean =>
  pool.entries.some(({ prefix }) => prefix.family === family)

/**
 * The blocks of a family as pools. Each block is one subnet, unless a smaller one is asked for. Blocks that this host
 * gives back are left out.
 *
 * @returns null: the cluster has no pool of this family, so subnets are picked as without a cluster
 * @example
 * const none = { cluster: 'prod', pools: ['10.64.0.0/12:24'], blocks: [], lost: [], join: 'portolan cluster join' }
 * blockPools(none, 'ip6') // null
 * blockPools(none, 'ip') // []
 * @public @since 0.1.0
 */
export const blockPools = (held: HeldBlocks, family: Family): readonly Pool[] | null => {
  const { blocks, leaving = [] } = held
  const own = blocks
    .filter((block) => !leaving.includes(block) && unusableRange(parsePrefix(block)) === null)
    .map(poolOfBlock)
    .filter((pool) => has(pool, family))
  return hasPoolOf(held, family) || own.length > 0 ? own : null
}

/**
 * Does the cluster have a pool of the family, as far as this host knows? True where the host has not joined: there may
 * be one.
 */
export const hasPoolOf = (
  { pools, former = [] }: Pick<HeldBlocks, 'pools' | 'former'>,
  family: Family,
): boolean => pools === null || pools.some((pool) => !former.includes(pool) && has(readPool(pool), family))

/** Reserves the cluster's addresses outside the blocks of this host, and the blocks that it gives back. */
export const blockReservations = ({
  cluster,
  host,
  pools,
  blocks,
  leaving = [],
  lost,
  others = [],
  unjoined,
}: HeldBlocks): readonly Reservation[] => {
  const own = [...blocks, ...(unjoined?.own ?? [])].map((block) => parsePrefix(block))
  const known = new Set([...blocks, ...lost.map(({ block }) => block)])
  const seen: HeldBlocks['lost'] = others.flatMap(({ block, host }) =>
    known.has(block) ? [] : [{ block, takenBy: host }],
  )
  // A block of another size may have been claimed out of a lost one. That part is this host's again.
  const gone = [...lost, ...seen].flatMap(({ block, takenBy, cluster: before = cluster }) =>
    subtractPrefixes(parsePrefix(block), own).map(
      (prefix): Reservation => ({
        kind: 'cluster',
        ...{ prefix, cluster: before, pool: null, takenBy },
        ...(takenBy !== null && takenBy === host ? { isNamesake: true } : {}),
      }),
    ),
  )
  const holes = [...own, ...gone.map(({ prefix }) => prefix)]
  const rest = (pools ?? unjoined?.pools ?? []).flatMap((pool) =>
    readPool(pool).entries.flatMap((entry) =>
      subtractPrefixes(entry.prefix, holes).map(
        (prefix): Reservation => ({
          kind: 'cluster',
          ...{ prefix, cluster, pool: formatPrefix(entry.prefix), takenBy: null },
        }),
      ),
    ),
  )
  const going = leaving.map(
    (block): Reservation => ({
      kind: 'cluster',
      ...{ prefix: parsePrefix(block), cluster, pool: null, takenBy: null, leaving: true },
    }),
  )
  return [...gone, ...going, ...rest]
}

/**
 * Reserves the blocks of this host that it does not remember. Networks there stay. No subnet is picked there before the
 * host has joined.
 */
export const forgottenReservations = ({ cluster, unjoined }: HeldBlocks): readonly Reservation[] =>
  (unjoined?.own ?? []).map((block) => ({
    kind: 'cluster',
    ...{ prefix: parsePrefix(block), cluster, pool: block, takenBy: null },
  }))

/** Is it unknown which addresses belong to other hosts? Then no subnet may be picked. */
export const isUnchecked = ({ pools, unjoined }: Pick<HeldBlocks, 'pools' | 'unjoined'>): boolean =>
  pools === null && unjoined === undefined

/** The number of blocks that subnets of these sizes need; null: a subnet as large as a block. */
export const blocksFor = (sizes: readonly (number | null)[], block: Pick<Prefix, 'length'>): number =>
  Math.ceil(
    sizes.reduce<number>((sum, size) => sum + 2 ** Math.min(0, block.length - (size ?? block.length)), 0),
  )
