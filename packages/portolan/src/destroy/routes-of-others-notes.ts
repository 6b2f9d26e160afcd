import type { RouteHolder } from '@portolan/core'
import { routesLeft } from '@portolan/core/planning'
import { type HostFacts, shellLine } from '@portolan/netfilter'

/**
 * Notes about routes to blocks of other hosts that a removal leaves, because they belong to another state directory.
 * @internal
 */
export const routesOfOthersNotes = (
  facts: HostFacts,
  { cluster, host, directory, url }: RouteHolder,
): readonly string[] => {
  const left = routesLeft(facts)
  // The removal may use another directory than the usual one, so the command names this one in any case.
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
