import { type BlockSnapshot, describeCluster, neighboursOf } from '@portolan/core'
import { routesElsewhere, routesText } from '@portolan/core/planning'
import { type RememberedMember, readMember } from '@portolan/host'
import { type HostFacts, InvalidRequestError } from '@portolan/netfilter'
import { releaseLine } from './join-line.ts'
import type { Cluster } from './open-cluster.ts'
import { hasJoined, inOtherCluster, isElsewhere } from './this-member.ts'

/**
 * Refuses to join a cluster on a host that is in another one, which another state directory knows: its routes tell. A plan
 * for either would be one for the whole host.
 *
 * @param known - what the state directory remembered before
 * @throws InvalidRequestError where the host has routes of ours to blocks of no pool of the cluster, now or before
 */
export const refuseOtherCluster = async (
  { store, name }: Pick<Cluster, 'store' | 'name'>,
  directory: string,
  facts: HostFacts,
  known: RememberedMember | null,
): Promise<void> => {
  if (isElsewhere(known, name) && known.blocks.length > 0)
    throw inOtherCluster(known, directory, namedText(name, await store.read()))
  // Of clusters that it was in before, the routes go with the next plan.
  if (known !== null && hasJoined(known)) return
  if (!(facts.routes ?? []).some(({ protocol }) => protocol === 'portolan')) return
  const nothing = { host: '', incarnation: '', cluster: name }
  const elsewhere = routesElsewhere(facts, neighboursOf(await store.read(), nothing))
  if (elsewhere.length === 0) return
  throw new InvalidRequestError(
    `this host is in another cluster than ${name}: it has routes of Portolan to blocks that no pool of ${name} has or had (${routesText(elsewhere)}), and the state directory ${directory} does not know them. A host is in one cluster at a time, whatever its state directories: its routes and rules are of the whole host. Leave the other one first: \`${releaseLine({ cluster: 'URL', directory: 'DIR' })}\` with the URL and the state directory of that one. If the routes were left behind, remove each: ${elsewhere.map(({ destination, via }) => `\`ip route del ${destination} via ${via} proto 143\``).join(', ')}.`,
  )
}

/**
 * Refuses what is about another cluster than the one that this host is in: a name that is misspelt would have it leave its
 * blocks.
 *
 * @param read - reads the cluster that is named; null: it does not answer
 * @throws InvalidRequestError with both clusters and what to type; what keeps the state directory from being read
 */
export const refuseElsewhere = async (
  directory: string,
  name: string,
  read: () => Promise<BlockSnapshot | null>,
): Promise<void> => {
  const known = await readMember(directory)
  if (isElsewhere(known, name)) throw inOtherCluster(known, directory, namedText(name, await read()))
}

/** That a cluster is named, and that the name may be misspelt. */
const namedText = (name: string, snapshot: BlockSnapshot | null): string =>
  snapshot !== null && describeCluster(snapshot).pools.length === 0
    ? `cluster ${name} is named, which has no pools: that name may be misspelt`
    : `cluster ${name} is named`
