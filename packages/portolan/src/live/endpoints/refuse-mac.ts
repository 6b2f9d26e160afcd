import { type EndpointMark, type LeaseState, listLeases, replicaName } from '@portolan/core'
import { InvalidRequestError, oneWay } from '@portolan/netfilter'
import type { LiveRules } from '../rules/live-rules.ts'

/**
 * Refuses the MAC of another endpoint of the network, of its bridge, or of the bridge's ports. The bridge would send
 * the frames of both to one of them (net/bridge/br_fdb.c).
 *
 * @throws InvalidRequestError that names the present holder
 */
export const refuseMac = (
  { bridges, facts }: Pick<LiveRules, 'bridges' | 'facts'>,
  state: LeaseState,
  { project, network, endpoint }: EndpointMark,
  mac: string,
): void => {
  const wanted = mac.toLowerCase()
  const sibling = listLeases(state).find(
    (lease) =>
      lease.kind === 'address' &&
      lease.released === null &&
      lease.on.project === project &&
      lease.on.network === network &&
      lease.mac.toLowerCase() === wanted &&
      !(lease.holder.project === project && replicaName(lease.holder) === endpoint),
  )
  const bridge = bridges.find((one) => one.project === project && one.network === network)?.name
  const link = facts.interfaces?.find(
    ({ name, master, mac: own }) =>
      bridge !== undefined && (name === bridge || master === bridge) && own?.toLowerCase() === wanted,
  )
  const other =
    sibling?.kind === 'address'
      ? `endpoint ${replicaName(sibling.holder)} of that network`
      : link === undefined
        ? null
        : `${link.name === bridge ? 'its bridge' : 'the port'} ${link.name} of this host`
  if (other === null) return
  throw new InvalidRequestError({
    problem: `endpoint ${endpoint} cannot have the MAC ${wanted} on network ${network}: ${other} has it, and packets for one of the two would come to the other.`,
    remedy: (wording) => oneWay(wording.mac),
  })
}
