import type { HostFacts, InsideFact } from '@portolan/netfilter'
import type { LeaseHolder, LeasingNetwork } from '../lease/lease.ts'
import { type LeaseState, leasesUnder } from '../lease/lease-state.ts'
import { type EndpointMark, parseEndpointAlias } from './endpoint-alias.ts'
import { replicaName } from './mapping-label.ts'

/**
 * Tells which endpoints have an interface on a network, by the aliases of the host's ends. Of an endpoint on a parent the
 * host has no end, so none is told.
 * @example
 * attachedEndpoints({})({ project: 'shop', network: 'web' }, { project: 'shop', service: 'web', replica: 1 }) // false
 */
export const attachedEndpoints = (
  facts: HostFacts,
): ((on: LeasingNetwork, holder: LeaseHolder) => boolean) => {
  const attached = new Set(
    attachedEnds(facts).map(({ mark }) => keyOf(mark.project, mark.network, mark.endpoint)),
  )
  return (on, holder) =>
    attached.size > 0 &&
    on.project === holder.project &&
    attached.has(keyOf(holder.project, on.network, replicaName(holder)))
}

const keyOf = (project: string, network: string, endpoint: string): string =>
  JSON.stringify([project, network, endpoint])

/** The host's end of an endpoint, with what the end inside has as far as it was read. */
export interface AttachedEnd {
  readonly mark: EndpointMark
  /** Null: the facts do not tell it. */
  readonly index: number | null
  readonly inside: InsideFact
}

/**
 * The host's ends of endpoints, of whatever project.
 * @example
 * attachedEnds({}) // []
 */
export const attachedEnds = ({ interfaces = [] }: HostFacts): readonly AttachedEnd[] =>
  interfaces.flatMap(({ alias, index = null, inside = {} }) => {
    const mark = parseEndpointAlias(alias)
    return mark === null ? [] : [{ mark, index, inside }]
  })

/**
 * The host's ends of endpoints that have no lease on their network, held or given up: where the state directory was lost,
 * only the ends inside tell which addresses are in use.
 * @example
 * unleasedEnds({}, emptyLeases) // []
 */
export const unleasedEnds = (facts: HostFacts, leases: LeaseState): readonly AttachedEnd[] => {
  const ends = attachedEnds(facts)
  if (ends.length === 0) return []
  const leased = new Set(
    leasesUnder(leases, 'address/').flatMap((lease) =>
      lease.kind === 'address' && lease.on.project !== null && lease.on.project === lease.holder.project
        ? [keyOf(lease.on.project, lease.on.network, replicaName(lease.holder))]
        : [],
    ),
  )
  return ends.filter(({ mark }) => !leased.has(keyOf(mark.project, mark.network, mark.endpoint)))
}
