import type { Prefix } from '@portolan/netfilter'
import { blockOfKey } from './block-key.ts'
import type { BlockRecord } from './block-record.ts'
import { blockAt, type ClusterState } from './cluster-state.ts'

/** A block that has a key, whatever the key holds. */
export interface KeyedBlock {
  readonly key: string
  readonly prefix: Prefix
  /** The revision at which the key was last written. */
  readonly revision: number
  /** Null: another program wrote it. */
  readonly record: BlockRecord | null
}

/** All of them, in the order of the keys. */
export const keyedBlocks = ({ entries }: ClusterState): readonly KeyedBlock[] =>
  [...entries.values()].flatMap((entry): readonly KeyedBlock[] => {
    const prefix = blockOfKey(entry.key)
    return prefix === null
      ? []
      : [{ key: entry.key, prefix, revision: entry.modified, record: blockAt(entry) }]
  })
