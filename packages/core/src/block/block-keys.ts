import type { Prefix } from '@portolan/netfilter'
import { blockOfKey } from './block-key.ts'
import type { BlockRecord } from './block-record.ts'
import { blockAt, type ClusterState } from './cluster-state.ts'

/** A block that has a key, with any value. */
export interface KeyedBlock {
  readonly key: string
  readonly prefix: Prefix
  /** The revision at which the key was last written. */
  readonly revision: number
  /** Null: another program wrote the value. */
  readonly record: BlockRecord | null
}

/** All blocks that have a key, in the order of the state's entries. */
export const keyedBlocks = ({ entries }: ClusterState): readonly KeyedBlock[] =>
  [...entries.values()].flatMap((entry): readonly KeyedBlock[] => {
    const prefix = blockOfKey(entry.key)
    return prefix === null
      ? []
      : [{ key: entry.key, prefix, revision: entry.modified, record: blockAt(entry) }]
  })
