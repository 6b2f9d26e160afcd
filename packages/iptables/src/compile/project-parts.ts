import type { DesiredState } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { comment, drop, rule } from '../model/build.ts'
import { mappingRules } from './mapping.ts'
import { networkRules } from './network.ts'
import * as chains from './object-name.ts'
import { commonPhase } from './order/phase.ts'
import type { PlacedRule } from './parts.ts'
import { tag } from './tag.ts'

/**
 * What one project has in our chains of one family; nothing when it has no network and no mapping there.
 *
 * @throws InvalidRequestError for an address that cannot be written into a ruleset
 */
export const projectRules = (desired: DesiredState, family: Family): readonly PlacedRule[] => {
  const rules = desired.networks.flatMap((network) => networkRules(desired, network, family))
  for (const mapping of desired.mappings)
    if (mapping.family === family) for (const one of mappingRules(desired, mapping)) rules.push(one)
  if (desired.guardForwarding && rules.length > 0) rules.push(guard(desired))
  return rules
}

const guard = ({ project }: DesiredState): PlacedRule => ({
  table: 'mangle',
  chain: chains.forward,
  phase: commonPhase.all,
  rule: rule([comment(tag(project, 'guard: not between interfaces of others'))], drop),
})
