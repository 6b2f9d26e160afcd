import {
  type BlockSnapshot,
  type ClusterMember,
  type ClusterNeighbours,
  describeCluster,
  heldSince,
  type NodeAddresses,
  neighboursOf,
  runBlockSteps,
} from '@portolan/core'
import { announceFrom, unknownHosts, withUnknownHosts } from '@portolan/core/planning'
import { type RememberedMember, readMemberSince, writeNeighbours } from '@portolan/host'
import { type HostFacts, PortolanError } from '@portolan/netfilter'
import { seenIn } from './lost-data.ts'
import { nodeAddresses } from './node-addresses.ts'
import type { Cluster } from './open-cluster.ts'
import { serverAddresses } from './server-addresses.ts'

/**
 * Announces to the cluster the addresses through which the blocks of this host are reached, and remembers the other
 * hosts.
 *
 * @param facts - the facts of this host
 * @param seen - the cluster as read a moment ago, so it is not read again
 * @param asked - the addresses that --address names
 * @returns the addresses that the cluster has of this host now
 */
export const tellAndRemember = async (
  { store, endpoints }: Cluster,
  directory: string,
  member: RememberedMember,
  facts: HostFacts,
  asked: readonly string[],
  seen: BlockSnapshot,
): Promise<NodeAddresses> => {
  const before = describeCluster(seen).hosts.find(({ host }) => host === member.host)
  const servers = await serverAddresses(endpoints)
  const addresses = nodeAddresses({ facts, asked, announced: before?.addresses ?? null, servers })
  const now = await runBlockSteps(store, announceFrom({ ...member, addresses }, seen))
  await rememberNeighbours(directory, member, now)
  return addresses
}

/**
 * The other hosts of a cluster, together with those that the cluster lost and this host remembers.
 *
 * @param cluster - the name of the cluster
 */
export const neighboursIn = async (
  directory: string,
  cluster: string,
  member: ClusterMember,
  snapshot: BlockSnapshot,
): Promise<ClusterNeighbours> =>
  withUnknownHosts(neighboursOf(snapshot, { ...member, cluster }), await seenIn(directory, cluster), snapshot)

/** Remembers the other hosts of a cluster. @returns true when the hosts or their blocks changed */
export const rememberNeighbours = async (
  directory: string,
  member: RememberedMember,
  snapshot: BlockSnapshot,
): Promise<boolean> =>
  writeNeighbours(directory, await neighboursIn(directory, member.cluster, member, snapshot))

/**
 * Remembers that the cluster no longer has a block for this host. Otherwise a later command that does not ask etcd
 * would pick subnets in addresses that another host may use. This serves commands that change nothing else here. When
 * nothing was lost and no block left its pool, no file is written. A user without write permission still sees the loss.
 *
 * @param cluster - the name of the cluster
 */
export const rememberLoss = async (
  directory: string,
  cluster: string,
  snapshot: BlockSnapshot,
): Promise<void> => {
  const known = await readMemberSince(directory)
  if (known === null || known.member.cluster !== cluster) return
  await rememberLostIn(directory, await neighboursIn(directory, cluster, known.member, snapshot))
}

/**
 * Remembers the loss of blocks as `rememberLoss` does, with other hosts that are known already, for example those of
 * `DataLoss`.
 */
export const rememberLostIn = async (
  directory: string,
  neighbours: ClusterNeighbours | null,
): Promise<void> => {
  const known = await readMemberSince(directory)
  if (known === null || neighbours === null || known.member.cluster !== neighbours.cluster) return
  const now = heldSince(known.member, neighbours)
  const isAsBefore = isSame(known.held.blocks, now.blocks) && isSame(known.held.leaving, now.leaving)
  // Hosts that etcd has forgotten are always written: the file keeps the revision at which the loss was first seen.
  if (isAsBefore && unknownHosts(neighbours).length === 0) return
  try {
    await writeNeighbours(directory, neighbours)
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
  }
}

const isSame = (before: readonly string[], now: readonly string[]): boolean =>
  before.length === now.length && before.every((block) => now.includes(block))
