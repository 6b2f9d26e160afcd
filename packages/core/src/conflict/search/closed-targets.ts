import type { Family } from '@portolan/netfilter'
import { isEmptySet, type RangeSet, uniteRanges } from '@portolan/netfilter/analysis'
import type { DesiredNetwork, DesiredState } from '../../contract/index.ts'
import type { Closed } from './row.ts'
import type { Surroundings } from './surroundings.ts'

/** A network that takes flows through published ports only, and what is closed of it. */
export interface ClosedPlace {
  readonly network: DesiredNetwork
  readonly closed: Closed & { readonly to: RangeSet }
}

/** All containers that are reached through published ports only. */
export interface ClosedTargets {
  readonly places: readonly ClosedPlace[]
  readonly bridges: ReadonlySet<string>
  readonly addresses: RangeSet
}

/** Read once: each of many mappings asks for it. */
const known = new WeakMap<Surroundings, ClosedTargets>()

/** The containers of a project that no packet may reach but by a published port. */
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
  // Other machines may reach every port of it.
  if (subnet.mode === 'nat-unprotected' && !network.internal) return []
  const to = own.members
  if (isEmptySet(to)) return []
  return [{ network, closed: { kind: 'closed', because: 'unpublished', out: new Set([network.bridge]), to } }]
}
