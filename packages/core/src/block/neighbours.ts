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
  /** The address of that host in the block's family; null: the host has announced none. */
  readonly via: string | null
  /** Set if a store that has lost data contradicts this, and nothing newer was written. Absent: the store agrees. */
  readonly forgotten?: ForgottenBlock
}

/**
 * Records that a store no longer knows which host has a block.
 * @public @since 0.1.0
 */
export interface ForgottenBlock {
  /** The revision at which that host was seen to hold the block. */
  readonly seen: number
  /** The revision at which the store was first seen without this record. Later writes count again. */
  readonly since: number
}

/**
 * Another state directory of a host, which the host's routes belong to.
 * @public @since 0.1.0
 */
export interface RouteHolder {
  readonly directory: string
  /** The cluster of that directory, and the host's name in it. */
  readonly cluster: string
  readonly host: string
  /** The blocks that it remembers, as CIDR. */
  readonly blocks: readonly string[]
  /** The URL by which it joined; absent: no URL is known that is valid in every folder. */
  readonly url?: string
}

/**
 * The facts of a cluster with which a host reaches the containers of other hosts.
 * @public @since 0.1.0
 */
export interface ClusterNeighbours {
  readonly cluster: string
  /** The name of this host in the cluster. */
  readonly host: string
  /** The revision at which all this was seen. */
  readonly revision: number
  /** The blocks of this host, CIDR. */
  readonly blocks: readonly string[]
  /** The blocks of the other hosts, alive or not, in the order of their addresses. */
  readonly others: readonly NeighbourBlock[]
  /** The pools in which hosts claim blocks, in the form that `parsePool` reads. Absent or empty: they were not seen. */
  readonly pools?: readonly string[]
  /** Former pools of the cluster, and pools of former clusters of this host. Absent: none are known. */
  readonly former?: readonly string[]
  /**
   * Blocks of this host that other hosts hold according to a store that has lost data. A restored store may say
   * otherwise. Absent: the store has lost none.
   */
  readonly disputed?: readonly string[]
  /**
   * Another state directory of this host, in another cluster, which the host's routes belong to. They stay as they are.
   * Absent: none is known.
   */
  readonly routesOf?: RouteHolder
}

/**
 * Removes `routesOf` from neighbours, which gives the form in which they are stored.
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
 * The blocks of a cluster from the view of one of its hosts.
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
    /** Pools of former clusters of this host. */
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
        // The addresses of a former machine with this name lead elsewhere.
        const isReachable = node !== null && leadsTo(node, block.incarnation) && block.host !== host
        return { block: block.block, host: block.host, via: isReachable ? node[block.prefix.family] : null }
      }),
  }
}

/** Reads the pools, or null. Pools that a newer version wrote must not keep a host from its routes. */
const readablePools = ({ entries }: ClusterState): ClusterPools | null => {
  const entry = entries.get(poolsKey)
  return entry === undefined ? null : parseClusterPools(entry.value)
}

/**
 * Were the pools of a cluster written between two readings? False if they are gone, because there is nothing to join
 * then.
 */
export const arePoolsWritten = (before: BlockSnapshot, now: BlockSnapshot): boolean => {
  const since = revisionOf(clusterState(now), poolsKey)
  return since !== 0 && since !== revisionOf(clusterState(before), poolsKey)
}
