import { hostKey } from './block-key.ts'
import { formatHostRecord, type HostRecord } from './block-record.ts'
import type { BlockOperation, BlockSnapshot, BlockTransaction } from './block-store.ts'
import { BlockStoreError } from './block-store-error.ts'
import {
  blocksOf,
  type ClusterState,
  clusterState,
  liveHost,
  type PlacedBlock,
  revisionOf,
} from './cluster-state.ts'

/**
 * A host of a cluster, with its name and identity.
 * @public @since 0.1.0
 */
export interface ClusterMember {
  /** Its name in the cluster. */
  readonly host: string
  /** Drawn once by this host, and kept with its leases. No other host with this name has the same. */
  readonly incarnation: string
}

/** The blocks that are held under the name of a host. */
export const heldByName = (
  state: ClusterState,
  { host }: Pick<ClusterMember, 'host'>,
): readonly PlacedBlock[] => blocksOf(state).filter((block) => block.state === 'held' && block.host === host)

/** The blocks that this host itself holds. */
export const heldBy = (state: ClusterState, member: ClusterMember): readonly PlacedBlock[] =>
  heldByName(state, member).filter(({ incarnation }) => incarnation === member.incarnation)

/** The blocks that were reclaimed from a host, and that no other host has claimed. */
export const expiredOf = (
  state: ClusterState,
  { host, incarnation }: ClusterMember,
): readonly PlacedBlock[] =>
  blocksOf(state).filter(
    (block) => block.state === 'expired' && block.host === host && block.incarnation === incarnation,
  )

/**
 * Does a name belong to this machine? The host that is alive under the name decides, or else the blocks held under it.
 *
 * @returns null: no machine has the name
 */
export const ownsName = (snapshot: BlockSnapshot, member: ClusterMember): boolean | null => {
  const state = clusterState(snapshot)
  const alive = liveHost(state, hostKey(member.host))
  if (alive !== null) return alive.incarnation === member.incarnation
  const held = heldByName(state, member)
  return held.length === 0 ? null : held.some(({ incarnation }) => incarnation === member.incarnation)
}

/** Is the record of a name unreadable? Then it is not known which machine has the name. */
export const isNameUnread = (snapshot: BlockSnapshot, { host }: Pick<ClusterMember, 'host'>): boolean =>
  isUnread(liveHost(clusterState(snapshot), hostKey(host)))

const isUnread = (record: HostRecord | null): boolean => record?.incarnation === ''

/**
 * How a transaction says that this host is alive.
 * - `if-new`: only if nothing says so yet.
 * - `anew`: with this lease, instead of the present one.
 * - `again`: with the present lease.
 */
export interface Announcement {
  readonly lease: string
  readonly how: 'if-new' | 'anew' | 'again'
}

/**
 * The conditions and writes that every transaction of this host adds. It throws if another machine is alive under the
 * name.
 */
export const asMember = (
  state: ClusterState,
  { host, incarnation }: ClusterMember,
  announcement: Announcement | null,
): BlockTransaction => {
  const key = hostKey(host)
  const alive = liveHost(state, key)
  if (isUnread(alive)) throw nameUnread(host)
  if (alive !== null && alive.incarnation !== incarnation) throw nameTaken(host)
  const put = { kind: 'put' as const, key, value: formatHostRecord({ incarnation }) }
  const write = (): BlockOperation | null => {
    if (announcement === null) return null
    if (alive === null || announcement.how === 'anew') return { ...put, lease: announcement.lease }
    return announcement.how === 'again' ? { ...put, lease: null, keepsLease: true } : null
  }
  const written = write()
  return {
    when: [{ kind: 'modified', key, revision: revisionOf(state, key) }],
    writes: written === null ? [] : [written],
  }
}

const nameUnread = (host: string): BlockStoreError =>
  new BlockStoreError(
    'CLUSTER_NAME_TAKEN',
    `The key ${hostKey(host)} of this cluster holds what this version of Portolan cannot read. So it is not known which machine is ${host}, and this one got no block. If a newer version wrote the key, use that version here. If the key is damaged, delete it in etcd, and run this again.`,
  )

const nameTaken = (host: string): BlockStoreError =>
  new BlockStoreError(
    'CLUSTER_NAME_TAKEN',
    `Another machine is alive in this cluster as ${host}, so this one got no block: two machines of one name would use the same addresses. Give this machine a name of its own (--member). If this is that machine, and its state directory was lost, stop \`portolan cluster join --watch\` on it where that runs, wait a minute, and run the command again with --takeover.`,
  )
