import { type HostFacts, parsePrefix, prefixesOverlap, tryParseHostOrPrefix } from '@portolan/netfilter'
import type { ClusterNeighbours } from '../block/neighbours.ts'
import type { DesiredRoute } from '../contract/desired-state.ts'
import { isOwnRoute } from './rival-routes.ts'

const rangeOf = (pool: string): string => pool.slice(0, pool.lastIndexOf(':'))

/**
 * The routes of ours that lead to blocks in no pool of a cluster, now or before: another state directory of this host has
 * joined another cluster, whose routes they are.
 *
 * @param neighbours - none where its pools were not seen: nothing tells then
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

/** Routes as a sentence has them. */
export const routesText = (routes: readonly DesiredRoute[]): string =>
  routes.map(({ destination, via }) => `${destination} via ${via}`).join(', ')

/** What is to be said of them: they stay. */
export const elsewhereNote = (
  routes: readonly DesiredRoute[],
  { cluster }: Pick<ClusterNeighbours, 'cluster'>,
): readonly string[] =>
  routes.length === 0
    ? []
    : [
        `This host has routes of Portolan to blocks that no pool of cluster ${cluster} has or had (${routesText(routes)}), so another state directory of it is in another cluster. They stay as they are, but a host is in one cluster at a time: leave one of the two, with \`portolan cluster release\` and the --cluster and --state of that one. If the routes were left behind, remove each: ${routes.map(({ destination, via }) => `\`ip route del ${destination} via ${via} proto 143\``).join(', ')}.`,
      ]
