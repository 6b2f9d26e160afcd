import { formatPrefix, type Prefix } from '@portolan/netfilter'
import { blockOfKey } from './block-key.ts'
import type { BlockSnapshot } from './block-store.ts'
import { blockAt, type ClusterState, clusterState } from './cluster-state.ts'

/** A block whose key this version cannot read. It is not known which host has the block, and no host claims it. */
export interface UnreadBlock {
  /** CIDR. */
  readonly block: string
  /** The key, inside the cluster. */
  readonly key: string
}

/** Lists the blocks of a cluster whose keys cannot be read. */
export const unreadBlocks = (snapshot: BlockSnapshot): readonly UnreadBlock[] =>
  unreadIn(clusterState(snapshot)).map(({ prefix, key }) => ({ block: formatPrefix(prefix), key }))

export const unreadIn = ({
  entries,
}: Pick<ClusterState, 'entries'>): readonly { readonly prefix: Prefix; readonly key: string }[] =>
  [...entries.values()].flatMap((entry) => {
    const prefix = blockOfKey(entry.key)
    return prefix === null || blockAt(entry) !== null ? [] : [{ prefix, key: entry.key }]
  })
