import { setTimeout as delay } from 'node:timers/promises'
import { type BlockSnapshot, type BlockStore, describeCluster } from '@portolan/core'
import type { RememberedMember } from '@portolan/host'
import { followCluster } from './follow-cluster.ts'

/** How long a host counts as alive after it was heard of last. */
export const LEASE_SECONDS = 60

/** Three renewals may be lost before the lease is. */
const RENEWAL_MS = 15_000

/**
 * Keeps the lease of a host, and watches its blocks.
 *
 * @param seen - is given the cluster, each time that something of it has changed; true: the host wants to join anew
 * @param isKept - does the state directory still say what this host is?
 * @returns why it ends: the lease ran out, the host's keys are no longer as they were or as it wants them, or its memory is
 * gone
 * @throws BlockStoreError where the store is lost
 */
export const stayAlive = async (
  store: BlockStore,
  member: RememberedMember,
  lease: string,
  stop: AbortSignal,
  seen: (snapshot: BlockSnapshot) => Promise<boolean>,
  isKept: () => Promise<boolean>,
): Promise<'lease' | 'keys' | 'memory' | 'stopped'> => {
  const over = new AbortController()
  const signal = AbortSignal.any([stop, over.signal])
  try {
    return await Promise.race([
      renew(store, lease, signal, isKept),
      notice(store, member, signal, seen, isKept),
    ])
  } finally {
    over.abort()
  }
}

const renew = async (
  store: BlockStore,
  lease: string,
  signal: AbortSignal,
  isKept: () => Promise<boolean>,
): Promise<'lease' | 'memory' | 'stopped'> => {
  while (!signal.aborted) {
    if (!(await isKept())) return 'memory'
    if (!(await store.keepLease(lease))) return 'lease'
    await delay(RENEWAL_MS, undefined, { signal }).catch(() => undefined)
  }
  return 'stopped'
}

const notice = async (
  store: BlockStore,
  member: RememberedMember,
  signal: AbortSignal,
  seen: (snapshot: BlockSnapshot) => Promise<boolean>,
  isKept: () => Promise<boolean>,
): Promise<'keys' | 'memory' | 'stopped'> => {
  for await (const snapshot of followCluster(store, signal)) {
    // Before anything is written, which would make the directory again.
    if (!(await isKept())) return 'memory'
    if (!isAsRemembered(snapshot, member)) return 'keys'
    if (await seen(snapshot)) return 'keys'
  }
  return 'stopped'
}

const isAsRemembered = (
  snapshot: BlockSnapshot,
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
