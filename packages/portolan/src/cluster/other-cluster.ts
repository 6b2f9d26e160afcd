import {
  type BlockSnapshot,
  type ClusterNeighbours,
  type DesiredRoute,
  describeCluster,
  neighboursOf,
  type RouteHolder,
} from '@portolan/core'
import {
  hasOwnRoutes,
  leftBehindText,
  routesElsewhere,
  routesText,
  routesUnknown,
} from '@portolan/core/planning'
import { type RememberedMember, readMember, withRouteHolder } from '@portolan/host'
import { type HostFacts, InvalidRequestError } from '@portolan/netfilter'
import { releaseLine } from './join-line.ts'
import type { Cluster } from './open-cluster.ts'
import { hasJoined, inOtherCluster, isElsewhere } from './this-member.ts'

/**
 * Refuses to join a cluster when this host is in another one that another state directory knows. The routes show it. A
 * plan for either cluster would cover the whole host.
 *
 * @param known - what the state directory remembered before
 * @param isUsed - tells whether networks of this host are in a block
 * @throws InvalidRequestError when another state directory has the routes of this host. Without a known holder: when
 * the routes lead to blocks that the cluster never had
 */
export const refuseOtherCluster = async (
  { store, name }: Pick<Cluster, 'store' | 'name'>,
  directory: string,
  facts: HostFacts,
  known: RememberedMember | null,
  isUsed: (block: string) => boolean,
): Promise<void> => {
  // Networks in a block that the host lost still belong to the earlier cluster, and are reported until it leaves that
  // cluster.
  if (isElsewhere(known, name) && (known.blocks.length > 0 || known.lost.some(({ block }) => isUsed(block))))
    throw inOtherCluster(known, directory, namedText(name, await store.read()))
  const isKnown = known !== null && hasJoined(known)
  if (isKnown && known.left !== true) return
  if (!hasOwnRoutes(facts)) return
  const snapshot = await store.read()
  const neighbours = neighboursOf(snapshot, { host: '', incarnation: '', cluster: name })
  const holder = (await withRouteHolder(directory, neighbours))?.routesOf
  if (holder !== undefined) throw heldElsewhere(holder, name, directory)
  // The next plan removes routes of clusters that this host was in before.
  if (isKnown) return
  const elsewhere = routesOfOthers(facts, neighbours, snapshot)
  if (elsewhere.length === 0) return
  throw new InvalidRequestError(
    `this host is in another cluster than ${name}: it has routes of Portolan to blocks that ${name} does not have and never had (${routesText(elsewhere)}), and the state directory ${directory} does not know them. ${oneAtATime} Leave the other one first: \`${releaseLine({ cluster: 'URL', directory: 'DIR' })}\` with the URL and the state directory of that one. ${leftBehindText(elsewhere)}`,
  )
}

const oneAtATime =
  'A host is in one cluster at a time, whatever its state directories: its routes and rules belong to the whole host.'

const heldElsewhere = (
  { cluster, host, directory: other, url }: RouteHolder,
  name: string,
  directory: string,
): InvalidRequestError =>
  new InvalidRequestError(
    `this host is ${host} in cluster ${cluster}${url === undefined ? '' : ` (${url})`} with the state directory ${other}, and has routes of that one. Cluster ${name} is to be joined with the state directory ${directory}. ${oneAtATime} If ${cluster} is meant, leave --state out or name ${other}. To leave ${cluster}, give its blocks back first: \`${releaseLine({ cluster: url ?? 'URL', directory: other })}\`.`,
  )

/**
 * The routes to blocks of another cluster: outside of this cluster's pools, or, without pools, to blocks that it never
 * had. Each block that a host had leaves a trace in the cluster.
 */
const routesOfOthers = (
  facts: HostFacts,
  neighbours: ClusterNeighbours,
  snapshot: BlockSnapshot,
): readonly DesiredRoute[] => {
  const outside = routesElsewhere(facts, neighbours)
  const unknown = (neighbours.pools ?? []).length === 0 ? [] : routesUnknown(facts, snapshot)
  return [
    ...outside,
    ...unknown.filter((one) => !outside.some(({ destination }) => destination === one.destination)),
  ]
}

/**
 * Refuses a command about a cluster other than the one that this host is in. With a misspelt name the host would
 * otherwise leave its blocks.
 *
 * @param read - reads the named cluster; null: it does not answer
 * @throws InvalidRequestError with both clusters and what to type; and the errors of reading the state directory
 */
export const refuseElsewhere = async (
  directory: string,
  name: string,
  read: () => Promise<BlockSnapshot | null>,
): Promise<void> => {
  const known = await readMember(directory)
  if (isElsewhere(known, name)) throw inOtherCluster(known, directory, namedText(name, await read()))
}

/** Says that a cluster is named, and that a name without pools may be misspelt. */
const namedText = (name: string, snapshot: BlockSnapshot | null): string =>
  snapshot !== null && describeCluster(snapshot).pools.length === 0
    ? `cluster ${name} is named, which has no pools: that name may be misspelt`
    : `cluster ${name} is named`
