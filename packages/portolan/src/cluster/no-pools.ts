import { routesLeft } from '@portolan/core/planning'
import type { HostFacts } from '@portolan/netfilter'
import { clusterLine, type JoinPlace, joinLine } from './join-line.ts'

/**
 * The message about a cluster without pools.
 *
 * @param place - the cluster and state directory of the command that prints it
 * @param facts - facts of a host that remembers no cluster; null: not used
 */
export const noPools = (place: JoinPlace, name: string, facts: HostFacts | null = null): string => {
  const settle = `\`${clusterLine('init', place, ['--pool', '10.64.0.0/12:24'])}\``
  const routes = facts === null ? [] : routesLeft(facts)
  return routes.length === 0
    ? `cluster ${name} has no pools: that name is misspelt, or the cluster was not set up. Name the one that is meant (--cluster, or cluster: in config.yaml), or settle its pools once: ${settle}.`
    : `cluster ${name} has no pools, and this host was in a cluster that its state directory has forgotten: it has routes of Portolan to blocks of other hosts (${routes.join(', ')}). If that was ${name}, etcd lost its data: restore it; or settle the pools again, once, as they were (${settle} with each of them), and run \`${joinLine(place)}\` on each host, which gets its blocks back. If it was another one, name that (--cluster, or cluster: in config.yaml).`
}
