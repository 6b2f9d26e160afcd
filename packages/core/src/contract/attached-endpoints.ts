import { canonicalAddress, type HostFacts, type InsideFact, type InterfaceFact } from '@portolan/netfilter'
import type { LeasedAddress, LeaseHolder, LeasingNetwork } from '../lease/lease.ts'
import { type LeaseState, leasesUnder } from '../lease/lease-state.ts'
import { type EndpointMark, parseEndpointAlias } from './endpoint-alias.ts'
import { replicaName } from './mapping-label.ts'

/**
 * Tells which endpoints have an interface on a network, by the aliases of the veth ends on the host. An endpoint on a
 * parent has no end on the host, so the answer for it is false.
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

/** The host's end of an endpoint's veth pair, with what was read of the end inside the container. */
export interface AttachedEnd {
  readonly mark: EndpointMark
  /** The interface index; null: the facts do not have it. */
  readonly index: number | null
  readonly inside: InsideFact
  /** The end on the host. */
  readonly link: InterfaceFact
}

/**
 * The host's ends of all endpoints of Portolan, whatever their project.
 * @example
 * attachedEnds({}) // []
 */
export const attachedEnds = ({ interfaces = [] }: HostFacts): readonly AttachedEnd[] =>
  interfaces.flatMap((link) => {
    const mark = parseEndpointAlias(link.alias)
    return mark === null ? [] : [{ mark, index: link.index ?? null, inside: link.inside ?? {}, link }]
  })

/**
 * The addresses of the end inside the container, without their prefix lengths.
 * @example
 * insideAddresses({ addresses: ['172.17.0.2/16'] }) // ['172.17.0.2']
 */
export const insideAddresses = ({ addresses = [] }: InsideFact): readonly string[] =>
  addresses.map((text) => canonicalAddress(text.split('/')[0] ?? ''))

/** A host's end with the addresses that its endpoint has leased on its network, or had last. */
export interface LeasedEnd extends AttachedEnd {
  readonly held: readonly LeasedAddress[]
  /** The addresses that the endpoint gave up and that no other endpoint has. */
  readonly givenUp: readonly LeasedAddress[]
}

/**
 * Adds to each end the leases of its endpoint. There are many leases and few ends, so each lease is looked up among the
 * ends.
 * @example
 * leasedEnds(attachedEnds({}), emptyLeases) // []
 */
export const leasedEnds = (ends: readonly AttachedEnd[], leases: LeaseState): readonly LeasedEnd[] => {
  if (ends.length === 0) return []
  const found = new Map<string, Map<string, Map<string, LeasedAddress[]>>>()
  const leasesOf = ({ project, network, endpoint }: EndpointMark): LeasedAddress[] => {
    const ofProject = found.get(project) ?? new Map<string, Map<string, LeasedAddress[]>>()
    const onNetwork = ofProject.get(network) ?? new Map<string, LeasedAddress[]>()
    const ofEndpoint = onNetwork.get(endpoint) ?? []
    found.set(project, ofProject.set(network, onNetwork.set(endpoint, ofEndpoint)))
    return ofEndpoint
  }
  const all = ends.map((end) => ({ end, ofEnd: leasesOf(end.mark) }))
  for (const lease of leasesUnder(leases, 'address/')) {
    if (lease.kind !== 'address' || lease.on.project === null) continue
    if (lease.on.project !== lease.holder.project) continue
    found.get(lease.on.project)?.get(lease.on.network)?.get(replicaName(lease.holder))?.push(lease)
  }
  return all.map(({ end, ofEnd }) => ({
    ...end,
    held: ofEnd.filter(({ released }) => released === null),
    givenUp: ofEnd.filter(({ released }) => released !== null),
  }))
}

/**
 * The ends of endpoints without a lease on their network, neither held nor given up. If the state directory was lost,
 * only the ends inside tell which addresses are in use.
 * @example
 * unleasedEnds(attachedEnds({}), emptyLeases) // []
 */
export const unleasedEnds = (ends: readonly AttachedEnd[], leases: LeaseState): readonly AttachedEnd[] =>
  leasedEnds(ends, leases).filter(({ held, givenUp }) => held.length + givenUp.length === 0)
