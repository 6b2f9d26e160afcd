import { setTimeout as delay } from 'node:timers/promises'
import { type BlockStore, BlockStoreError, describeCluster } from '@portolan/core'
import type { RememberedMember } from '@portolan/host'

/** How long a host counts as alive after it was heard of last. */
export const LEASE_SECONDS = 60

/** Three renewals may be lost before the lease is. */
const RENEWAL_MS = 15_000

/**
 * Keeps the lease of a host, and watches its blocks.
 *
 * @returns why it ends: the lease ran out, or the host's keys are no longer as they were
 * @throws BlockStoreError where the store is lost
 */
export const stayAlive = async (
  store: BlockStore,
  member: RememberedMember,
  lease: string,
  stop: AbortSignal,
): Promise<'lease' | 'keys' | 'stopped'> => {
  const over = new AbortController()
  const signal = AbortSignal.any([stop, over.signal])
  try {
    return await Promise.race([renew(store, lease, signal), notice(store, member, signal)])
  } finally {
    over.abort()
  }
}

const renew = async (store: BlockStore, lease: string, signal: AbortSignal): Promise<'lease' | 'stopped'> => {
  while (!signal.aborted) {
    if (!(await store.keepLease(lease))) return 'lease'
    await delay(RENEWAL_MS, undefined, { signal }).catch(() => undefined)
  }
  return 'stopped'
}

/** Lists, and watches from the next revision on; lists again where that revision is no longer kept. */
const notice = async (
  store: BlockStore,
  member: RememberedMember,
  signal: AbortSignal,
): Promise<'keys' | 'stopped'> => {
  while (!signal.aborted) {
    const snapshot = await store.read()
    if (!isAsRemembered(snapshot, member)) return 'keys'
    const watch = store.watch(snapshot.revision + 1)
    const close = (): void => watch.close()
    signal.addEventListener('abort', close)
    try {
      for await (const { changes } of watch) {
        // Of others, most changes are. What a change comes to is read, not worked out.
        if (changes.some(({ key }) => key === 'pools' || key === `hosts/${member.host}`)) break
        if (changes.some(({ entry }) => entry?.value.includes(member.incarnation) === true)) break
        if (
          changes.some(({ key }) => key.startsWith('blocks/')) &&
          !isAsRemembered(await store.read(), member)
        )
          break
      }
    } catch (error) {
      if (!(error instanceof BlockStoreError) || error.code !== 'CLUSTER_COMPACTED') throw error
    } finally {
      signal.removeEventListener('abort', close)
      watch.close()
    }
  }
  return 'stopped'
}

const isAsRemembered = (
  snapshot: Parameters<typeof describeCluster>[0],
  { host, incarnation, blocks }: RememberedMember,
): boolean => {
  const own = describeCluster(snapshot).hosts.find((one) => one.host === host)
  if (own === undefined || !own.alive || own.blocks.length !== blocks.length) return false
  return blocks.every(({ block, revision }) =>
    own.blocks.some(
      (held) => held.block === block && held.revision === revision && held.incarnation === incarnation,
    ),
  )
}
