import type { HostFacts } from '@portolan/netfilter'
import { clusterLine, type LinePlace } from '../block/cluster-line.ts'
import { blockRouteProtocol } from './block-route-protocol.ts'
import { isOwnRoute } from './rival-routes.ts'

const { number } = blockRouteProtocol

/**
 * What is to be said of a host that has routes of ours to blocks of other hosts, and remembers none of those hosts: a
 * sentence or more.
 *
 * @param place - what `portolan cluster join` has to be told
 * @returns null: it has no such route
 * @example
 * forgottenRoutes({ routes: [] }, { cluster: null, state: null }) // null
 */
export const forgottenRoutes = (facts: HostFacts, place: LinePlace): string | null => {
  const named = routesLeft(facts)
  if (named.length === 0) return null
  return `This host has routes to blocks of other hosts (${named.join(', ')}), and remembers no other host of a cluster. The routes stay as they are; rules are planned as if there were no other hosts, so applying them cuts containers off from containers there. Run \`${clusterLine('join', place)}\` first, with --takeover where the state directory was lost. If this host has left its cluster, remove the routes: \`ip -4 route flush proto ${number}\`, \`ip -6 route flush proto ${number}\`.`
}

/** The routes of ours to blocks of other hosts, as a sentence has each. */
export const routesLeft = ({ routes = [] }: HostFacts): readonly string[] =>
  routes
    .filter(isOwnRoute)
    .map(({ destination = '', gateway }) => `${destination}${gateway == null ? '' : ` via ${gateway}`}`)
