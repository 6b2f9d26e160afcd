import type { EndpointMark, LeaseState } from '@portolan/core'
import { attachedEnds, insideAddresses, unleasedEnds } from '@portolan/core/planning'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'

/**
 * The addresses of attached endpoints without a lease on a network, for example after a loss of the state directory.
 * Only the interfaces inside show them. Namespaces that this process cannot see are left out.
 */
export const unleasedAddresses = async (
  { facts }: LiveRules,
  readPeers: LiveMachine['readPeers'],
  state: LeaseState,
  { project, network }: EndpointMark,
): Promise<ReadonlySet<string>> => {
  const there = attachedEnds(facts).filter(({ mark }) => mark.project === project && mark.network === network)
  const indexes = unleasedEnds(there, state).flatMap(({ index }) => index ?? [])
  if (indexes.length === 0 || readPeers === undefined) return new Set()
  const peers = await readPeers(indexes)
  return new Set([...peers.values()].flatMap(insideAddresses))
}
