import type { EndpointMark, LeaseState } from '@portolan/core'
import { unleasedEnds } from '@portolan/core/planning'
import { formatAddress, parseInterfaceAddress } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'

/**
 * The addresses of what is attached to a network and has no lease there, as where the state directory was lost: only the
 * interfaces inside tell them. None of a namespace that is out of sight.
 */
export const unleasedAddresses = async (
  { facts }: LiveRules,
  readPeers: LiveMachine['readPeers'],
  state: LeaseState,
  { project, network }: EndpointMark,
): Promise<ReadonlySet<string>> => {
  const indexes = unleasedEnds(facts, state).flatMap(({ index, mark }) =>
    mark.project !== project || mark.network !== network ? [] : (index ?? []),
  )
  if (indexes.length === 0 || readPeers === undefined) return new Set()
  const peers = await readPeers(indexes)
  return new Set(
    [...peers.values()].flatMap(({ addresses }) =>
      addresses.map((text) => formatAddress(parseInterfaceAddress(text).address)),
    ),
  )
}
