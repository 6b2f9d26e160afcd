import type { BlockSnapshot } from '@portolan/core'
import type { Etcd3 } from 'etcd3'
import type { KeySpace } from './key-space.ts'

/** All keys of a space at one revision. */
export const readKeys = async (client: Etcd3, keys: KeySpace): Promise<BlockSnapshot> => {
  const { header, kvs } = await client.kv.range({ key: keys.first, range_end: keys.end })
  return { revision: Number(header.revision), entries: kvs.map(keys.entryOf) }
}
