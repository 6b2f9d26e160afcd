import { isDeepStrictEqual } from 'node:util'
import type { BlockSnapshot } from '@portolan/core'
import type { Etcd3 } from 'etcd3'
import type { KeySpace } from './key-space.ts'

/** All keys of a space at one revision: the one that etcd has now, unless told. */
export const readKeys = async (client: Etcd3, keys: KeySpace, revision?: number): Promise<BlockSnapshot> => {
  const { header, kvs } = await client.kv.range({
    ...{ key: keys.first, range_end: keys.end },
    ...(revision === undefined ? {} : { revision }),
  })
  return { revision: Number(header.revision), entries: kvs.map(keys.entryOf) }
}

/** What was read last of a space, which is held to what etcd has of that revision later. */
export interface LastReading {
  /** Notes what was read, and gives it back. */
  note(read: BlockSnapshot): BlockSnapshot
  /**
   * Has etcd something else at a revision than was read there, as after the restore of an older copy?
   * @returns false too where nothing was read at that revision
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
