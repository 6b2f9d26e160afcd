import {
  type BlockSnapshot,
  describeCluster,
  type NodeAddresses,
  neighboursOf,
  runBlockSteps,
} from '@portolan/core'
import { announceFrom } from '@portolan/core/planning'
import { type RememberedMember, writeNeighbours } from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import { nodeAddresses } from './node-addresses.ts'
import type { Cluster } from './open-cluster.ts'

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
  const addresses = nodeAddresses({ facts, asked, told: before?.addresses ?? null, endpoints })
  const now = await runBlockSteps(store, announceFrom({ ...member, addresses }, seen))
  await rememberNeighbours(directory, member, now)
  return addresses
}

/** @returns whether the other hosts, or their blocks, are others than before */
export const rememberNeighbours = (
  directory: string,
  member: RememberedMember,
  snapshot: BlockSnapshot,
): Promise<boolean> => writeNeighbours(directory, neighboursOf(snapshot, member))
