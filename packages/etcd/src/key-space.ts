import type { BlockEntry } from '@portolan/core'
import type { IKeyValue } from 'etcd3'

/** The keys of one cluster within etcd. */
export interface KeySpace {
  /** The range of the keys: the first one, and the first one behind them. */
  readonly first: Buffer
  readonly end: Buffer
  readonly keyOf: (key: string) => Buffer
  /** The part of a key after the prefix of this cluster. */
  readonly nameOf: (key: Buffer) => string
  readonly entryOf: (value: IKeyValue) => BlockEntry
}

export const keySpace = (cluster: string): KeySpace => {
  const prefix = `/portolan/v1/${cluster}/`
  const nameOf = (key: Buffer): string => key.toString().slice(prefix.length)
  return {
    first: Buffer.from(prefix),
    // The slash at the end of the prefix is followed by 0.
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

/** A space of one key, outside of any cluster. The name of the key is empty. */
export const oneKey = (key: string): KeySpace => {
  const first = Buffer.from(key)
  return {
    first,
    // The smallest key after this one.
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
