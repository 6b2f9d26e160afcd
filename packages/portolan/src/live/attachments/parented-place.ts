import { isDeepStrictEqual } from 'node:util'
import {
  type EndpointMark,
  type EndpointOptions,
  findLease,
  type LeasedSubnet,
  leasedSubnets,
  replicaName,
} from '@portolan/core'
import { interfaceWithAddress, leasedBesideParent, parentUse, subnetKey } from '@portolan/core/planning'
import type { Links } from '@portolan/host'
import { canonicalAddress, type Family, InvalidRequestError } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { givenUpBy, heldBy, holderOf } from './held-addresses.ts'
import type { EndpointPlace, PlaceSubnet } from './place.ts'
import { endpointOf, type PickedFrom, take } from './planned-place.ts'

/**
 * The place of an endpoint on a parented network, read from the lease store. Null: there is no such network, or it has
 * a bridge.
 */
export const parentedPlace = async (
  rules: LiveRules,
  { leases, links }: Pick<LiveMachine, 'leases' | 'links'>,
  mark: EndpointMark,
): Promise<EndpointPlace | null> => {
  const state = await leases.read()
  const leased = (family: Family): LeasedSubnet | null => {
    const lease = findLease(state, subnetKey(mark.project, mark.network, family))
    return lease?.kind === 'subnet' && lease.parented !== undefined ? lease : null
  }
  const [ip, ip6] = [leased('ip'), leased('ip6')]
  const found = (ip ?? ip6)?.parented
  if (found === undefined) return null
  const { driver, parent, mtu } = found
  const known = heldBy(state, mark)
  const on = holderOf(state, mark)
  const own = givenUpBy(
    state,
    on,
    (holder) => holder.project === mark.project && replicaName(holder) === mark.endpoint,
  )
  const subnets = { ip: placeSubnet(ip), ip6: placeSubnet(ip6) }
  return {
    mark,
    way: { kind: 'parent', driver, parent, mtu },
    subnets,
    isInternal: false,
    known: known.length === 0 ? null : endpointOf(mark, known),
    formerMacs: own.map(({ mac }) => mac),
    lease: async (options) => {
      refuseHostAddress(rules.facts, mark, options)
      return take(
        rules,
        leases,
        mark,
        {
          subnets,
          ranges: { ip: ip?.parented?.ipRange ?? null, ip6: ip6?.parented?.ipRange ?? null },
          isTaken: takenOn(parent, rules.facts),
          isAttached: () => false,
          // The kernel refuses an address that another ipvlan child of the parent has, so only macvlan needs this
          // check.
          ...(driver.kind === 'macvlan' ? { isUp: upOn(links, parent) } : {}),
        },
        options,
      )
    },
  }
}

const takenOn = (parent: string, facts: LiveRules['facts']): PickedFrom['isTaken'] => {
  const { isTaken } = parentUse(parent, facts, [])
  return (address, state) => {
    const parents = leasedSubnets(state).flatMap((lease) => lease.parented?.parent ?? [])
    return isTaken(address) || leasedBesideParent(parent, parents, (key) => findLease(state, key))(address)
  }
}

/** Tells whether a macvlan is up with the MAC of an address that its endpoint gave up. */
const upOn =
  (links: Pick<Links, 'hasChild'>, parent: string): NonNullable<PickedFrom['isUp']> =>
  async (state, holder) => {
    const given = givenUpBy(state, { project: null, network: parent }, (one) =>
      isDeepStrictEqual(one, holder),
    )
    for (const mac of new Set(given.map((lease) => lease.mac)))
      if (await links.hasChild(parent, mac)) return true
    return false
  }

/** Refuses an address of the host. Machines on the parent would reach sometimes the host and sometimes the endpoint. */
const refuseHostAddress = (
  facts: LiveRules['facts'],
  { endpoint, network }: EndpointMark,
  { ip, ip6 }: EndpointOptions,
): void => {
  for (const address of [ip, ip6]) {
    if (address === undefined || address === null) continue
    const text = canonicalAddress(address)
    const holder = interfaceWithAddress(facts, text)
    if (holder !== null)
      throw new InvalidRequestError(
        `endpoint ${endpoint} cannot have ${text} on network ${network}: ${holder} of this host has that address. Ask for another one, or for none.`,
      )
  }
}

/**
 * The subnet of a parented network. A container in mode l3 or l3s neither answers nor sends ARP, so it has no router.
 */
const placeSubnet = (lease: LeasedSubnet | null): PlaceSubnet | null => {
  if (lease?.parented === undefined) return null
  const { driver, router } = lease.parented
  return { subnet: lease.subnet, gateway: driver.kind === 'ipvlan' && driver.mode !== 'l2' ? null : router }
}
