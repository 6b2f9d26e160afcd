import { readPool } from '../pool/parse-pool.ts'
import { nodeAt } from './announce-node.ts'
import type { BlockSnapshot } from './block-store.ts'
import { blockCount, isBlockOf } from './choose-block.ts'
import {
  blocksOf,
  type ClusterBlock,
  type ClusterState,
  clusterState,
  liveHosts,
  poolsOf,
  withoutPrefix,
} from './cluster-state.ts'
import type { NodeAddresses } from './node-record.ts'

/** @public @since 0.1.0 */
export interface ClusterPool {
  readonly pool: string
  /** The number of blocks that the pool is cut into. */
  readonly blocks: bigint
  readonly held: number
  /** Blocks that their hosts gave back. */
  readonly released: number
  /** Blocks that were reclaimed from hosts which were not alive. */
  readonly expired: number
}

/** @public @since 0.1.0 */
export interface ClusterHost {
  readonly host: string
  /** Does a program on the host keep its lease? */
  readonly alive: boolean
  readonly blocks: readonly ClusterBlock[]
  /** The addresses through which its blocks are reached; null: it has announced none. */
  readonly addresses: NodeAddresses | null
}

/**
 * A cluster at one revision.
 * @public @since 0.1.0
 */
export interface ClusterView {
  readonly revision: number
  /** The pools, in the order in which blocks are claimed from them. */
  readonly pools: readonly ClusterPool[]
  /** The hosts, sorted by name. */
  readonly hosts: readonly ClusterHost[]
}

const addressesOf = (state: ClusterState, host: string): NodeAddresses | null => {
  const node = nodeAt(state, host)
  return node === null ? null : { ip: node.ip, ip6: node.ip6 }
}

/**
 * Describes a cluster by its keys.
 *
 * @example
 * describeCluster({ revision: 0, entries: [] }).hosts // []
 * @public @since 0.1.0
 */
export const describeCluster = (snapshot: BlockSnapshot): ClusterView => {
  const state = clusterState(snapshot)
  const blocks = blocksOf(state)
  const pools = (poolsOf(state)?.pools ?? []).map((pool): ClusterPool => {
    const { entries } = readPool(pool)
    const inside = blocks.filter(({ prefix }) => isBlockOf(entries, prefix))
    const count = (wanted: ClusterBlock['state']): number =>
      inside.filter((block) => block.state === wanted).length
    return {
      pool,
      blocks: entries.reduce((sum, entry) => sum + blockCount(entry), 0n),
      held: count('held'),
      released: count('released'),
      expired: count('expired'),
    }
  })
  const alive = new Set(liveHosts(state))
  const byHost = new Map<string, ClusterBlock[]>([...alive].map((host) => [host, []]))
  for (const block of blocks) {
    if (block.state !== 'held') continue
    const own = byHost.get(block.host) ?? []
    own.push(withoutPrefix(block))
    byHost.set(block.host, own)
  }
  const hosts = [...byHost]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(
      ([host, own]): ClusterHost => ({
        host,
        alive: alive.has(host),
        blocks: own,
        addresses: addressesOf(state, host),
      }),
    )
  return { revision: snapshot.revision, pools, hosts }
}
