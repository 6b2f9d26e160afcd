import type { Family } from '@portolan/netfilter'
import type { DesiredNetwork, DesiredState } from './desired-state.ts'

/** States do not change once they are made, and `reach` asks for the same one again and again. */
const known = new WeakMap<DesiredState, ReadonlyMap<string, ReadonlySet<string>>>()

const none: ReadonlySet<string> = new Set()

const keyOf = (network: string, family: Family): string => `${family} ${network}`

const gather = ({ endpoints, mappings }: DesiredState): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>()
  const add = (network: string, family: Family, address: string | null): void => {
    if (address === null) return
    const key = keyOf(network, family)
    found.set(key, (found.get(key) ?? new Set()).add(address))
  }
  for (const { network, ip, ip6 } of endpoints) {
    add(network, 'ip', ip)
    add(network, 'ip6', ip6)
  }
  for (const { family, targets } of mappings)
    for (const { network, address } of targets) add(network, family, address)
  // Rules are made in this order, so it must not depend on the order of the services.
  return new Map([...found].map(([key, addresses]) => [key, new Set([...addresses].toSorted())]))
}

/**
 * The project's addresses on a network: those of its endpoints and those of its mappings' targets. On an external
 * network the project owns only these. The rest of the subnet belongs to containers and guests of others, and no rule
 * of Portolan covers it.
 *
 * @returns in byte order
 * @example
 * ownAddresses(desired, network, 'ip') // Set { '10.77.0.128' }
 * @public @since 0.1.0
 */
export const ownAddresses = (
  desired: DesiredState,
  { name }: Pick<DesiredNetwork, 'name'>,
  family: Family,
): ReadonlySet<string> => {
  const all = known.get(desired) ?? gather(desired)
  known.set(desired, all)
  return all.get(keyOf(name, family)) ?? none
}
