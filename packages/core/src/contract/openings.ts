import type { Family, Protocol } from '@portolan/netfilter'
import type { DesiredNetwork, DesiredOpening, DesiredState } from './desired-state.ts'
import { subnetOf } from './home.ts'

/** States do not change once they are made, and each network asks for its own openings. */
const known = new WeakMap<DesiredState, ReadonlyMap<string, readonly DesiredOpening[]>>()

const none: readonly DesiredOpening[] = []

const keyOf = (network: string, family: Family): string => `${family} ${network}`

const comesFromMachine = ({ from }: DesiredOpening): boolean =>
  from.kind === 'interface' || from.kind === 'prefix'

/** Whether an opening is between two containers of one network. */
export const isInside = ({ from, network }: DesiredOpening): boolean =>
  (from.kind === 'network' || from.kind === 'container') && from.network === network

/**
 * Whether an opening has any effect. An internal network is cut off from other machines, whatever is named. The host
 * forwards nothing to or from a network where it has no address: only frames inside the bridge pass.
 */
const takesEffect = ({ networks }: DesiredState, opening: DesiredOpening): boolean => {
  const { from, family } = opening
  const target = networks.find(({ name }) => name === opening.network)
  const subnet = target === undefined ? null : subnetOf(target, family)
  if (target === undefined || subnet === null) return false
  if (isInside(opening)) return from.kind !== 'network' || !target.external
  if (subnet.gateway === null) return false
  if (comesFromMachine(opening)) return !target.internal
  const home = networks.find(({ name }) => 'network' in from && name === from.network)
  // On a network of others, the project's containers are named one by one: the rest of the subnet is not the project's.
  if (from.kind === 'network' && home?.external === true) return false
  return home !== undefined && subnetOf(home, family)?.gateway != null
}

const gather = (desired: DesiredState): ReadonlyMap<string, readonly DesiredOpening[]> => {
  const found = new Map<string, DesiredOpening[]>()
  for (const opening of desired.openings ?? []) {
    if (!takesEffect(desired, opening)) continue
    const key = keyOf(opening.network, opening.family)
    const list = found.get(key)
    if (list === undefined) found.set(key, [opening])
    else list.push(opening)
  }
  return found
}

/**
 * The sources that `links` and `reachable_from` let reach the containers of a network on their own addresses, in one
 * family. Openings without effect are left out: other machines to an internal network, and packets that would have to
 * be forwarded to or from a network without a gateway.
 *
 * @returns in the order of the desired state
 * @example
 * openingsOf(desired, network, 'ip') // [{ label: 'db from wg0', from: { kind: 'interface', name: 'wg0' }, ... }]
 * @public @since 0.1.0
 */
export const openingsOf = (
  desired: DesiredState,
  { name }: Pick<DesiredNetwork, 'name'>,
  family: Family,
): readonly DesiredOpening[] => {
  if (desired.openings === undefined) return none
  const all = known.get(desired) ?? gather(desired)
  known.set(desired, all)
  return all.get(keyOf(name, family)) ?? none
}

/** Whether an opening includes this port. */
export const opensPort = (
  { ports }: DesiredOpening,
  protocol: Protocol | 'echo-request',
  port: number,
): boolean => ports === null || ports.some((one) => one.protocol === protocol && one.port === port)
