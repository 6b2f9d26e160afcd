import { isDeepStrictEqual } from 'node:util'
import type { BlockSnapshot } from '@portolan/core'
import type { Etcd3 } from 'etcd3'
import type { KeySpace } from './key-space.ts'

/** Reads all keys of a space at one revision; by default the current one. */
export const readKeys = async (client: Etcd3, keys: KeySpace, revision?: number): Promise<BlockSnapshot> => {
  const { header, kvs } = await client.kv.range({
    ...{ key: keys.first, range_end: keys.end },
    ...(revision === undefined ? {} : { revision }),
  })
  return { revision: Number(header.revision), entries: kvs.map(keys.entryOf) }
}

/** The last reading of a space, to be compared with etcd's content at that revision later. */
export interface LastReading {
  /** Stores a reading and returns it. */
  note(read: BlockSnapshot): BlockSnapshot
  /**
   * Does etcd now have other content at a revision than was read there, as after the restore of an older copy?
   * @returns false also where nothing was read at that revision
   */
  differs(client: Etcd3, revision: number): Promise<boolean>
}

export const lastReading = (keys: KeySpace): LastReading => {
  let last: BlockSnapshot | null = null
  return {
    note: (read) => {
      last = read
      return read
    },
    differs: async (client, revision) => {
      const before = last
      if (before?.revision !== revision) return false
      const { entries } = await readKeys(client, keys, revision)
      return !isDeepStrictEqual(entries, before.entries)
    },
  }
}
