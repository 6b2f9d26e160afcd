import type { BlockEntry } from '@portolan/core'
import type { IKeyValue } from 'etcd3'

/** The keys of one cluster within etcd. */
export interface KeySpace {
  /** Where they begin, and where those behind them do. */
  readonly first: Buffer
  readonly end: Buffer
  readonly keyOf: (key: string) => Buffer
  /** Of a key of this cluster, what is behind its beginning. */
  readonly nameOf: (key: Buffer) => string
  readonly entryOf: (value: IKeyValue) => BlockEntry
}

export const keySpace = (cluster: string): KeySpace => {
  const prefix = `/portolan/v1/${cluster}/`
  const nameOf = (key: Buffer): string => key.toString().slice(prefix.length)
  return {
    first: Buffer.from(prefix),
    // 0 follows the slash that the prefix ends with.
    end: Buffer.from(`${prefix.slice(0, -1)}0`),
    keyOf: (key) => Buffer.from(prefix + key),
    nameOf,
    entryOf: ({ key, value, create_revision: created, mod_revision: modified }) => ({
      key: nameOf(key),
      value: value.toString(),
      created: Number(created),
      modified: Number(modified),
    }),
  }
}

/** One key, whatever cluster it is of: its name is empty. */
export const oneKey = (key: string): KeySpace => {
  const first = Buffer.from(key)
  return {
    first,
    // The next key there can be.
    end: Buffer.concat([first, Buffer.from([0])]),
    keyOf: () => first,
    nameOf: () => '',
    entryOf: ({ value, create_revision: created, mod_revision: modified }) => ({
      key: '',
      value: value.toString(),
      created: Number(created),
      modified: Number(modified),
    }),
  }
}
