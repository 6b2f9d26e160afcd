import { setTimeout as delay } from 'node:timers/promises'
import { type BlockSnapshot, type BlockStore, describeCluster } from '@portolan/core'
import type { RememberedMember } from '@portolan/host'
import { followCluster } from './follow-cluster.ts'

/** Seconds for which a host counts as alive after its last renewal. */
export const LEASE_SECONDS = 60

/** Milliseconds between renewals. Three may be lost before the lease runs out. */
const RENEWAL_MS = 15_000

/**
 * Keeps the lease of a host alive, and watches its blocks.
 *
 * @param seen - called with the cluster after each change; true: the host wants to join again
 * @param isKept - tells whether the state directory still says which host this is
 * @returns why it ended: the lease ran out; the host's keys changed, or the host wants other keys; or the state
 * directory is gone
 * @throws BlockStoreError when the store does not answer
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
    // This check comes first: a write would create the deleted directory again.
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
