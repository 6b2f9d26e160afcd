import { type HostFacts, parsePrefix, prefixesOverlap, tryParseHostOrPrefix } from '@portolan/netfilter'
import type { BlockSnapshot } from '../block/block-store.ts'
import { blocksOf, clusterState } from '../block/cluster-state.ts'
import { describeCluster } from '../block/describe-cluster.ts'
import type { ClusterNeighbours, RouteHolder } from '../block/neighbours.ts'
import type { DesiredRoute } from '../contract/desired-state.ts'
import { isOwnRoute } from './rival-routes.ts'

/** Does a host have a route that Portolan made? */
export const hasOwnRoutes = ({ routes = [] }: HostFacts): boolean => routes.some(isOwnRoute)

/**
 * The other state directory that a host's managed routes belong to. A plan leaves such routes alone. Null: there is
 * none.
 */
export const routesHeld = (
  facts: HostFacts,
  { routesOf }: Pick<ClusterNeighbours, 'routesOf'>,
): RouteHolder | null => (routesOf !== undefined && hasOwnRoutes(facts) ? routesOf : null)

const leaveOne =
  'The routes stay as they are, but a host can be in one cluster only. Leave one of the two: `portolan cluster release` with its --cluster and --state.'

/** The note for routes that belong to another state directory. */
export const heldNote = (
  { cluster, host, directory, url }: RouteHolder,
  { cluster: name }: Pick<ClusterNeighbours, 'cluster'>,
): string =>
  `The routes of this host belong to cluster ${cluster}${url === undefined ? '' : ` (${url})`}, in which it is ${host} with the state directory ${directory}. So no routes to hosts of cluster ${name} are planned. ${leaveOne}`

const rangeOf = (pool: string): string => pool.slice(0, pool.lastIndexOf(':'))

/**
 * The managed routes to blocks in no pool of a cluster, now or before. They belong to another cluster, which another
 * state directory of this host has joined.
 *
 * @param neighbours - if its pools were not seen, the result is empty: nothing tells the routes apart then
 */
export const routesElsewhere = (
  { routes = [] }: HostFacts,
  {
    blocks,
    others,
    pools = [],
    former = [],
  }: Pick<ClusterNeighbours, 'blocks' | 'others' | 'pools' | 'former'>,
): readonly DesiredRoute[] => {
  if (pools.length === 0) return []
  const ranges = [...[...pools, ...former].map(rangeOf), ...blocks, ...others.map(({ block }) => block)].map(
    (range) => parsePrefix(range),
  )
  return routes.filter(isOwnRoute).flatMap(({ destination = '', gateway, interface: name }) => {
    const prefix = tryParseHostOrPrefix(destination)
    if (prefix === null || gateway == null || name == null) return []
    if (ranges.some((range) => prefixesOverlap(range, prefix))) return []
    return [{ destination, via: gateway, interface: name }]
  })
}

/**
 * The managed routes that a cluster knows nothing of: no host ever had the block, and no host has the gateway's
 * address. Its pools may overlap those of the cluster that the routes belong to.
 *
 * @param snapshot - must have pools: if the data was lost, routes cannot be told apart
 */
export const routesUnknown = (
  { routes = [] }: HostFacts,
  snapshot: BlockSnapshot,
): readonly DesiredRoute[] => {
  const known = blocksOf(clusterState(snapshot)).map(({ prefix }) => prefix)
  const { hosts } = describeCluster(snapshot)
  const nodes = new Set(hosts.flatMap(({ addresses }) => [addresses?.ip, addresses?.ip6]))
  return routes.filter(isOwnRoute).flatMap(({ destination = '', gateway, interface: name }) => {
    const prefix = tryParseHostOrPrefix(destination)
    if (prefix === null || gateway == null || name == null || nodes.has(gateway)) return []
    if (known.some((one) => prefixesOverlap(one, prefix))) return []
    return [{ destination, via: gateway, interface: name }]
  })
}

/** Says how to remove routes that no cluster needs any more. */
export const leftBehindText = (routes: readonly DesiredRoute[]): string =>
  `If the routes were left behind, remove each: ${routes.map(({ destination, via }) => `\`ip route del ${destination} via ${via} proto 143\``).join(', ')}.`

/** Lists routes in the form that a sentence shows. */
export const routesText = (routes: readonly DesiredRoute[]): string =>
  routes.map(({ destination, via }) => `${destination} via ${via}`).join(', ')

/** The note about these routes: they stay. */
export const elsewhereNote = (
  routes: readonly DesiredRoute[],
  { cluster }: Pick<ClusterNeighbours, 'cluster'>,
): readonly string[] =>
  routes.length === 0
    ? []
    : [
        `This host has routes of Portolan to blocks that no pool of cluster ${cluster} has or had (${routesText(routes)}), so another state directory of it is in another cluster. ${leaveOne} ${leftBehindText(routes)}`,
      ]
