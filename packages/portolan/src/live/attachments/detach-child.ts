import {
  type EndpointMark,
  endpointAlias,
  type LeasedParent,
  type LeaseState,
  leasedSubnets,
  parseEndpointAlias,
  replicaName,
} from '@portolan/core'
import type { InsideLink } from '@portolan/host'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import type { DetachOptions } from './attach-request.ts'
import { givenUpBy, heldBy, holderOf } from './held-addresses.ts'
import { staysUp } from './stays-up.ts'

interface Detached {
  readonly project: string
  /** Null: all networks of the project. */
  readonly network: string | null
  readonly endpoint: string
}

/**
 * Removes the interfaces of an endpoint on parented networks, inside the given namespace. The host has no end of them.
 * Without a namespace they must be gone already: a remaining interface would still answer for its addresses.
 *
 * @returns the networks on which the endpoint has addresses
 * @throws PortolanError `ENDPOINT_ATTACHED`
 */
export const removeChildren = async (
  { links, leases, namespaces }: Pick<LiveMachine, 'links' | 'leases' | 'namespaces'>,
  wanted: Detached,
  { netns, interface: inside = 'eth0' }: DetachOptions,
): Promise<readonly string[]> => {
  const state = await leases.read()
  const networks: string[] = []
  if (netns !== undefined) await removeMarked(namespaces, wanted, netns, inside)
  for (const [network, { driver, parent }] of parentsOf(state, wanted)) {
    const [lease] = heldBy(state, { ...wanted, network })
    if (lease !== undefined) networks.push(network)
    if (lease !== undefined && netns !== undefined) {
      const namespace = namespaces.open(netns)
      try {
        const link = await namespace.readLink(inside)
        if (link?.kind === driver.kind && belongsTo(link, { ...wanted, network }, lease.mac))
          await namespace.removeLink(inside)
      } finally {
        namespace.close()
      }
    }
    // An interface may still have an address that a plan released earlier.
    const own = [...(lease === undefined ? [] : [lease]), ...givenUp(state, { ...wanted, network })]
    for (const mac of driver.kind === 'macvlan' ? new Set(own.map((one) => one.mac)) : []) {
      if (!(await staysUp(links, parent, mac))) continue
      throw new PortolanError(
        'ENDPOINT_ATTACHED',
        `Endpoint ${wanted.endpoint} of network ${network} still has its interface on ${parent}, in a namespace that this host does not see. End its process, or say which namespace it is (netns, --netns) and what the interface is called there (interface, --interface).`,
      )
    }
  }
  return networks
}

const givenUp = (state: LeaseState, mark: EndpointMark): ReturnType<typeof givenUpBy> =>
  givenUpBy(
    state,
    holderOf(state, mark),
    (holder) => holder.project === mark.project && replicaName(holder) === mark.endpoint,
  )

/** Removes an interface that only its alias identifies: its network may be gone, or be another one. */
const removeMarked = async (
  namespaces: LiveMachine['namespaces'],
  { project, network, endpoint }: Detached,
  netns: NonNullable<DetachOptions['netns']>,
  inside: string,
): Promise<void> => {
  let namespace: ReturnType<typeof namespaces.open>
  try {
    namespace = namespaces.open(netns)
  } catch (error) {
    // The namespace is gone, and its interfaces with it. When a lease needs the namespace, the caller reports it.
    if (error instanceof InvalidRequestError) return
    throw error
  }
  try {
    const link = await namespace.readLink(inside)
    const mark = link?.kind === 'macvlan' || link?.kind === 'ipvlan' ? parseEndpointAlias(link.alias) : null
    if (
      mark?.project === project &&
      mark.endpoint === endpoint &&
      (network === null || mark.network === network)
    )
      await namespace.removeLink(inside)
  } finally {
    namespace.close()
  }
}

/**
 * Tells whether an interface belongs to an endpoint. The alias decides first: the lease may have another MAC by now,
 * and may belong to another network with the same parent.
 */
const belongsTo = ({ alias, kind, mac }: InsideLink, mark: EndpointMark, leased: string): boolean => {
  if (alias === endpointAlias(mark)) return true
  if (alias === '') return kind === 'ipvlan' || mac === leased
  const found = parseEndpointAlias(alias)
  return (
    found?.project === mark.project &&
    found.endpoint === mark.endpoint &&
    mac === leased &&
    kind === 'macvlan'
  )
}

/** The parents of a project's parented networks. */
const parentsOf = (state: LeaseState, { project, network }: Detached): ReadonlyMap<string, LeasedParent> =>
  new Map(
    leasedSubnets(state).flatMap((lease) =>
      lease.project === project &&
      lease.parented !== undefined &&
      (network === null || lease.network === network)
        ? [[lease.network, lease.parented] as const]
        : [],
    ),
  )
