import { type Family, formatPrefix, type Prefix, parsePrefix, subtractPrefixes } from '@portolan/netfilter'
import { readPool } from './parse-pool.ts'
import type { Pool } from './pool.ts'
import type { Reservation } from './reservation.ts'
import { unusableRange } from './unusable-range.ts'

/**
 * What this host has of the addresses of a cluster, as it remembers it: its subnets are picked in its blocks, and in no
 * other addresses of the cluster's pools.
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
  /** This host, by its name there. Absent: not known. */
  readonly host?: string
  /** Where its hosts claim blocks, now or before, as `parsePool` reads them; null: this host has not joined. */
  readonly pools: readonly string[] | null
  /** Those of `pools` that the cluster had before. A family without another one is picked elsewhere. Absent: none are known. */
  readonly former?: readonly string[]
  /** CIDR of each block of this host. */
  readonly blocks: readonly string[]
  /** Those of them that no pool has any more: networks that are there stay until they are moved, and no new one comes. */
  readonly leaving?: readonly string[]
  /**
   * Blocks that it had, and the host that has each now; null: no host has, or it is not known. With its `cluster`, one of a
   * cluster that this host was in before.
   */
  readonly lost: readonly {
    readonly block: string
    readonly takenBy: string | null
    readonly cluster?: string
  }[]
  /**
   * Blocks of other hosts, as the cluster was seen last: a network of this host that is up there is in lost addresses, though
   * nothing is remembered of the block. Absent: none were seen.
   */
  readonly others?: readonly { readonly block: string; readonly host: string }[]
  /** Those of `lost` that others have by a store which has lost data. Absent: it has lost none. */
  readonly disputed?: readonly string[]
  /**
   * Where this host has not joined, what the cluster itself said: its pools, now and before, and blocks that are this host's
   * there though it does not remember them. No subnet is picked in any of them. Absent: it was not asked, or did not answer,
   * so no subnet is picked at all.
   */
  readonly unjoined?: { readonly pools: readonly string[]; readonly own: readonly string[] }
  /** This host has given its blocks and its name back: what is left in them moves out of the cluster. Absent: it has not. */
  readonly left?: true
  /**
   * Where this host is in another cluster than this one, which is named, or this one has no pools, as a name that is misspelt:
   * what is to be said of that, in sentences. Nothing is picked. Absent: neither is so.
   */
  readonly elsewhere?: string
  /** The command that claims blocks, for messages. */
  readonly join: string
  /**
   * Where a store that has lost data has blocks of this host for a machine of its name, which may be this host itself as it was
   * before its blocks were taken over: the command that gets them back. Absent: it is not so.
   */
  readonly takeover?: string
}

const poolOfBlock = (block: string): Pool => readPool(`${block}:${parsePrefix(block).length}`)

const has = (pool: Pool, family: Family): boolean =>
  pool.entries.some(({ prefix }) => prefix.family === family)

/**
 * The blocks of a family as pools: each is one subnet, unless a smaller one is asked for. Those that are leaving are none.
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

/** Has the cluster a pool of the family by now, as far as this host knows? Where it has not joined, it may have one. */
export const hasPoolOf = (
  { pools, former = [] }: Pick<HeldBlocks, 'pools' | 'former'>,
  family: Family,
): boolean => pools === null || pools.some((pool) => !former.includes(pool) && has(readPool(pool), family))

/** The addresses of the cluster that are not this host's, or not for long. */
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
  // A block of another size may have been claimed out of one that was lost: that part is this host's.
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

/** Blocks of this host that it does not remember: what is there stays, and nothing is picked there before it has joined. */
export const forgottenReservations = ({ cluster, unjoined }: HeldBlocks): readonly Reservation[] =>
  (unjoined?.own ?? []).map((block) => ({
    kind: 'cluster',
    ...{ prefix: parsePrefix(block), cluster, pool: block, takenBy: null },
  }))

/** May nothing be picked, as it is not known which addresses are of other hosts? */
export const isUnchecked = ({ pools, unjoined }: Pick<HeldBlocks, 'pools' | 'unjoined'>): boolean =>
  pools === null && unjoined === undefined

/** How many blocks subnets of these sizes need; null: the size of a block. */
export const blocksFor = (sizes: readonly (number | null)[], block: Pick<Prefix, 'length'>): number =>
  Math.ceil(
    sizes.reduce<number>((sum, size) => sum + 2 ** Math.min(0, block.length - (size ?? block.length)), 0),
  )
