import { families, type HostFacts } from '@portolan/netfilter'
import { readHostFacts } from '@portolan/netfilter/analysis'
import type { DesiredState } from '../../contract/index.ts'
import { plannedFacts } from '../search/planned-host/planned-facts.ts'
import { surroundingsOf } from '../search/rows/surroundings.ts'
import { remedyHost } from './remedy-host.ts'

/**
 * The subnets of other engines' bridges on a host, as remedies use them: a project's containers may reach other
 * machines, but not these subnets.
 *
 * @example
 * engineSubnets(desired, facts) // ['172.17.0.0/16', 'fd00:17::/64']
 * @public @since 0.1.0
 */
export const engineSubnets = (desired: DesiredState, facts: HostFacts): readonly string[] => {
  const planned = plannedFacts(desired, facts, true)
  const host = readHostFacts(planned)
  return families.flatMap((family) =>
    remedyHost(surroundingsOf(host, facts, desired, family), planned, []).otherBridges.filter(
      (prefix) => prefix.includes(':') === (family === 'ip6') && !/^fe[89ab]/i.test(prefix),
    ),
  )
}
