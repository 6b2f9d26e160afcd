import type { RouteHolder } from '@portolan/core'
import { routesLeft } from '@portolan/core/planning'
import { type HostFacts, shellLine } from '@portolan/netfilter'

/**
 * Routes to blocks of other hosts that a removal leaves, since another state directory has them.
 * @internal
 */
export const routesOfOthersNotes = (
  facts: HostFacts,
  { cluster, host, directory, url }: RouteHolder,
): readonly string[] => {
  const left = routesLeft(facts)
  // The removal may be one with another directory than the usual one, so this one is named in any case.
  const release = shellLine([
    ...['portolan', 'cluster', 'release'],
    ...['--cluster', url ?? 'URL', '--state', directory],
  ])
  return left.length === 0
    ? []
    : [
        `The routes to blocks of other hosts stay (${left.join(', ')}): they are those of cluster ${cluster}, in which this host is ${host} with the state directory ${directory}. If the host is to leave ${cluster}, give its blocks back: \`${release}\`. That removes the routes too.`,
      ]
}
