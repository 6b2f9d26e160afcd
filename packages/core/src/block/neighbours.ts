import { nodeAt } from './announce-node.ts'
import { poolsKey } from './block-key.ts'
import type { BlockSnapshot } from './block-store.ts'
import { type ClusterPools, parseClusterPools } from './cluster-pools.ts'
import { blocksOf, type ClusterState, clusterState, revisionOf } from './cluster-state.ts'
import type { ClusterMember } from './member.ts'
import { leadsTo } from './node-record.ts'

/**
 * A block of another host.
 * @public @since 0.1.0
 */
export interface NeighbourBlock {
  /** CIDR. */
  readonly block: string
  /** The host that has it. */
  readonly host: string
  /** The address of that host, of the block's family; null: the host has told none. */
  readonly via: string | null
  /** A store that has lost data says otherwise, and nothing else was written since. Absent: it says the same. */
  readonly forgotten?: ForgottenBlock
}

/**
 * That a store does not know any more of which host a block is.
 * @public @since 0.1.0
 */
export interface ForgottenBlock {
  /** The revision at which it was seen to be of that host. */
  readonly seen: number
  /** The one at which the store was first seen without it: what is written behind that counts again. */
  readonly since: number
}

/**
 * Another state directory of a host, which the routes of the host are of.
 * @public @since 0.1.0
 */
export interface RouteHolder {
  readonly directory: string
  /** What the host is there. */
  readonly cluster: string
  readonly host: string
  /** The blocks that it remembers there, CIDR. */
  readonly blocks: readonly string[]
  /** The URL by which it joined; absent: none is known that holds in any folder. */
  readonly url?: string
}

/**
 * What a host has to know of a cluster to reach the containers of its other hosts.
 * @public @since 0.1.0
 */
export interface ClusterNeighbours {
  readonly cluster: string
  /** This host, by its name there. */
  readonly host: string
  /** The revision at which that was so. */
  readonly revision: number
  /** The blocks of this host, CIDR. */
  readonly blocks: readonly string[]
  /** Those of the other hosts, alive or not, in the order of their addresses. */
  readonly others: readonly NeighbourBlock[]
  /** Where hosts claim blocks, as `parsePool` reads them. Absent or none: they were not seen. */
  readonly pools?: readonly string[]
  /** Pools that it had before, and those of clusters that this host was in before. Absent: none are known. */
  readonly former?: readonly string[]
  /**
   * Blocks of this host that others have by a store which has lost data: where that is restored, it may say otherwise. Absent: the
   * store has lost none.
   */
  readonly disputed?: readonly string[]
  /**
   * Another state directory of this host, in another cluster, that the routes of the host are of: they stay as they are.
   * Absent: none is known.
   */
  readonly routesOf?: RouteHolder
}

/**
 * The other hosts of a cluster without what else has the routes of this one, as they are written down.
 *
 * @example
 * withoutRouteHolder(neighbours).routesOf // undefined
 * @public @since 0.1.0
 */
export const withoutRouteHolder = ({
  routesOf: _holder,
  ...neighbours
}: ClusterNeighbours): ClusterNeighbours => neighbours

/**
 * The blocks of a cluster as one of its hosts sees them.
 *
 * @example
 * neighboursOf({ revision: 0, entries: [] }, { cluster: 'prod', host: 'web-1', incarnation: 'a1' }).others // []
 * @public @since 0.1.0
 */
export const neighboursOf = (
  snapshot: BlockSnapshot,
  {
    cluster,
    host,
    incarnation,
    elsewhere = [],
  }: ClusterMember & {
    readonly cluster: string
    /** Pools of clusters that this host was in before. */
    readonly elsewhere?: readonly string[]
  },
): ClusterNeighbours => {
  const state = clusterState(snapshot)
  const known = readablePools(state)
  const former = [...(known?.former ?? []), ...elsewhere]
  const held = blocksOf(state).filter((block) => block.state === 'held')
  const isOwn = (block: (typeof held)[number]): boolean =>
    block.host === host && block.incarnation === incarnation
  return {
    cluster,
    host,
    revision: snapshot.revision,
    pools: known?.pools ?? [],
    ...(former.length === 0 ? {} : { former }),
    blocks: held.filter(isOwn).map(({ block }) => block),
    others: held
      .filter((block) => !isOwn(block))
      .map((block): NeighbourBlock => {
        const node = nodeAt(state, block.host)
        // Addresses of a machine that had the name before lead elsewhere.
        const isOf = node !== null && leadsTo(node, block.incarnation) && block.host !== host
        return { block: block.block, host: block.host, via: isOf ? node[block.prefix.family] : null }
      }),
  }
}

/** Pools that a newer version wrote keep no host from its routes. */
const readablePools = ({ entries }: ClusterState): ClusterPools | null => {
  const entry = entries.get(poolsKey)
  return entry === undefined ? null : parseClusterPools(entry.value)
}

/**
 * Were the pools of a cluster written between two looks at it? Not where they are gone: there is nothing to join then.
 */
export const arePoolsWritten = (before: BlockSnapshot, now: BlockSnapshot): boolean => {
  const since = revisionOf(clusterState(now), poolsKey)
  return since !== 0 && since !== revisionOf(clusterState(before), poolsKey)
}
