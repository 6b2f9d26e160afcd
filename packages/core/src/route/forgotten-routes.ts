import type { HostFacts } from '@portolan/netfilter'
import { clusterLine, type LinePlace } from '../block/cluster-line.ts'
import { blockRouteProtocol } from './block-route-protocol.ts'
import { isOwnRoute } from './rival-routes.ts'

const { number } = blockRouteProtocol

/**
 * Warns that a host has managed routes to blocks of other hosts, but remembers none of those hosts: some sentences.
 *
 * @param place - the cluster and state directory for `portolan cluster join`
 * @returns null: the host has no such route
 * @example
 * forgottenRoutes({ routes: [] }, { cluster: null, state: null }) // null
 */
export const forgottenRoutes = (facts: HostFacts, place: LinePlace): string | null => {
  const named = routesLeft(facts)
  if (named.length === 0) return null
  return `This host has routes to blocks of other hosts (${named.join(', ')}), and remembers no other host of a cluster. The routes stay as they are; rules are planned as if there were no other hosts, so applying them cuts containers off from containers there. Run \`${clusterLine('join', place)}\` first, with --takeover where the state directory was lost. If this host has left its cluster, remove the routes: \`ip -4 route flush proto ${number}\`, \`ip -6 route flush proto ${number}\`.`
}

/** The managed routes to blocks of other hosts, each as a sentence shows it. */
export const routesLeft = ({ routes = [] }: HostFacts): readonly string[] =>
  routes
    .filter(isOwnRoute)
    .map(({ destination = '', gateway }) => `${destination}${gateway == null ? '' : ` via ${gateway}`}`)
