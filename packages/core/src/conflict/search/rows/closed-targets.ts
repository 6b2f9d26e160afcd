import type { Family } from '@portolan/netfilter'
import { isEmptySet, type RangeSet, uniteRanges } from '@portolan/netfilter/analysis'
import type { DesiredNetwork, DesiredState } from '../../../contract/index.ts'
import type { Closed } from './row.ts'
import type { Surroundings } from './surroundings.ts'

/** A network that takes flows only through published ports, with the packets that this closes. */
export interface ClosedPlace {
  readonly network: DesiredNetwork
  readonly closed: Closed & { readonly to: RangeSet }
}

/** All containers that are reached only through published ports. */
export interface ClosedTargets {
  readonly places: readonly ClosedPlace[]
  readonly bridges: ReadonlySet<string>
  readonly addresses: RangeSet
}

/** The result for each surroundings: each of many mappings asks for it. */
const known = new WeakMap<Surroundings, ClosedTargets>()

/** The containers of a project that a packet may reach only by a published port. */
export const closedTargets = (
  { networks }: DesiredState,
  family: Family,
  around: Surroundings,
): ClosedTargets => {
  const before = known.get(around)
  if (before !== undefined) return before
  const places = networks.flatMap((network) => placeOf(network, family, around))
  const made: ClosedTargets = {
    places,
    bridges: new Set(places.map(({ network }) => network.bridge)),
    addresses: uniteRanges(places.map(({ closed: { to } }) => to)),
  }
  known.set(around, made)
  return made
}

const placeOf = (
  network: DesiredNetwork,
  family: Family,
  { subnets }: Surroundings,
): readonly ClosedPlace[] => {
  const [subnet, own] = [network[family], subnets.get(network)]
  if (subnet === null || own === undefined) return []
  // Other machines may reach every port of this network.
  if (subnet.mode === 'nat-unprotected' && !network.internal) return []
  const to = own.members
  if (isEmptySet(to)) return []
  return [{ network, closed: { kind: 'closed', because: 'unpublished', out: new Set([network.bridge]), to } }]
}
