import type { HostFacts } from '@portolan/netfilter'
import type { LeaseHolder, LeasingNetwork } from '../lease/lease.ts'
import { parseEndpointAlias } from './endpoint-alias.ts'
import { replicaName } from './mapping-label.ts'

/**
 * Tells which endpoints have an interface on a network, by the aliases of the host's ends. Of an endpoint on a parent the
 * host has no end, so none is told.
 * @example
 * attachedEndpoints({})({ project: 'shop', network: 'web' }, { project: 'shop', service: 'web', replica: 1 }) // false
 */
export const attachedEndpoints = ({
  interfaces = [],
}: HostFacts): ((on: LeasingNetwork, holder: LeaseHolder) => boolean) => {
  const keyOf = (project: string, network: string, endpoint: string): string =>
    JSON.stringify([project, network, endpoint])
  const attached = new Set(
    interfaces.flatMap(({ alias }) => {
      const mark = parseEndpointAlias(alias)
      return mark === null ? [] : [keyOf(mark.project, mark.network, mark.endpoint)]
    }),
  )
  return (on, holder) =>
    attached.size > 0 &&
    on.project === holder.project &&
    attached.has(keyOf(holder.project, on.network, replicaName(holder)))
}
