import { statSync } from 'node:fs'
import type { BlockStore, ClusterAddress } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'

/** The parts of a store that a newly opened one replaces. */
type Openable = Pick<BlockStore, 'read' | 'watch' | 'close'>

/** An open store, and the number of its current users. */
interface InUse<Store> {
  readonly store: Store
  users: number
  isRetired: boolean
}

/** A store that passes each request to the newest connection. */
export interface FreshStore<Store> {
  /** Carries out one request. */
  ask<Result>(request: (store: Store) => Promise<Result>): Promise<Result>
  watch(from: number): ReturnType<BlockStore['watch']>
  close(): Promise<void>
}

/** A text that changes when one of the files that a URL names is rewritten or replaced. */
export const filesStamp = ({ caFile, certFile, keyFile, passwordFile }: ClusterAddress): string =>
  [caFile, certFile, keyFile, passwordFile].map((file) => (file === null ? '' : stampOf(file))).join(';')

const stampOf = (file: string): string => {
  try {
    const { ino, mtimeNs, size } = statSync(file, { bigint: true })
    return `${ino} ${mtimeNs} ${size}`
  } catch {
    return 'gone'
  }
}

/**
 * Opens a store again when its files have changed: short-lived certificates are replaced while a watch runs. Open
 * connections stay until their requests have ended. A certificate may be replaced before its key. While the files
 * cannot be used, the earlier store stays, and the next request tries the files again.
 *
 * @param stamp - the current stamp of the files: `filesStamp`
 */
export const freshStore = <Store extends Openable>(
  open: () => Store,
  stamp: () => string,
): FreshStore<Store> => {
  const start = (): InUse<Store> => ({ store: open(), users: 0, isRetired: false })
  let read = stamp()
  let current = start()
  const opened = new Set([current])
  const leave = (one: InUse<Store>): void => {
    one.users -= 1
    retire(one)
  }
  const retire = (one: InUse<Store>): void => {
    if (!one.isRetired || one.users > 0 || !opened.delete(one)) return
    void one.store.close().catch(() => undefined)
  }
  const enter = (): InUse<Store> => {
    const now = stamp()
    if (now !== read) {
      const next = startedOr(start)
      if (next !== null) {
        const before = current
        read = now
        current = next
        opened.add(next)
        before.isRetired = true
        retire(before)
      }
    }
    current.users += 1
    return current
  }
  return {
    async ask(request) {
      const one = enter()
      try {
        return await request(one.store)
      } finally {
        leave(one)
      }
    },
    watch(from) {
      const one = enter()
      const inner = one.store.watch(from)
      let isOver = false
      const end = (): void => {
        if (!isOver) leave(one)
        isOver = true
      }
      return {
        async *[Symbol.asyncIterator]() {
          try {
            yield* inner
          } finally {
            end()
          }
        },
        close: () => {
          inner.close()
          end()
        },
      }
    },
    async close() {
      await Promise.all([...opened].map(({ store }) => store.close()))
      opened.clear()
    },
  }
}

const startedOr = <One>(start: () => One): One | null => {
  try {
    return start()
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
