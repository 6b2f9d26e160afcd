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
 * Tells the cluster through which addresses the blocks of this host are reached, and remembers the other hosts.
 *
 * @param facts - of this host
 * @param seen - the cluster as it was a moment ago: it is not read again
 * @param asked - the addresses that were asked for
 * @returns what is told of this host now
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
  const addresses = nodeAddresses({ facts, asked, told: before?.addresses ?? null, servers })
  const now = await runBlockSteps(store, announceFrom({ ...member, addresses }, seen))
  await rememberNeighbours(directory, member, now)
  return addresses
}

/**
 * The other hosts of a cluster as it says, and those that it lost, which this host remembers.
 *
 * @param cluster - its name
 */
export const neighboursIn = async (
  directory: string,
  cluster: string,
  member: ClusterMember,
  snapshot: BlockSnapshot,
): Promise<ClusterNeighbours> =>
  withUnknownHosts(neighboursOf(snapshot, { ...member, cluster }), await seenIn(directory, cluster), snapshot)

/** @returns whether the other hosts, or their blocks, are others than before */
export const rememberNeighbours = async (
  directory: string,
  member: RememberedMember,
  snapshot: BlockSnapshot,
): Promise<boolean> =>
  writeNeighbours(directory, await neighboursIn(directory, member.cluster, member, snapshot))

/**
 * Remembers that the cluster has a block no longer for a block of this host, where it does not: a command afterwards that
 * asks no etcd would pick subnets there, and another host may use the addresses. It is for commands that change nothing else
 * here: where nothing was lost or left its pool, nothing is written, and a user that may not write it is told what is lost all
 * the same.
 *
 * @param cluster - its name
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

/** The same with the other hosts as they are known: those of `DataLoss` too. */
export const rememberLostIn = async (
  directory: string,
  neighbours: ClusterNeighbours | null,
): Promise<void> => {
  const known = await readMemberSince(directory)
  if (known === null || neighbours === null || known.member.cluster !== neighbours.cluster) return
  const now = heldSince(known.member, neighbours)
  const isAsBefore = isSame(known.held.blocks, now.blocks) && isSame(known.held.leaving, now.leaving)
  // What etcd has forgotten counts until something is written behind the first look at that.
  if (isAsBefore && unknownHosts(neighbours).length === 0) return
  try {
    await writeNeighbours(directory, neighbours)
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
  }
}

const isSame = (before: readonly string[], now: readonly string[]): boolean =>
  before.length === now.length && before.every((block) => now.includes(block))
