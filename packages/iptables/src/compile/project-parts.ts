import type { DesiredState } from '@portolan/core'
import { type Family, guardForwardingPart } from '@portolan/netfilter'
import { comment, drop, inBy, outBy, returns, rule } from '../model/build.ts'
import * as chains from '../model/object-name.ts'
import type { Match } from '../model/option/match.ts'
import type { Target } from '../model/option/target.ts'
import { interfaceLiteral } from './literals.ts'
import { mappingRules } from './mapping.ts'
import { networkRules } from './network.ts'
import { commonPhase, type Phase } from './order/phase.ts'
import type { PlacedRule } from './parts.ts'
import { tag } from './tag.ts'

/**
 * The rules of one project in our chains of one family; empty when it has no network and no mapping in that family.
 *
 * @throws InvalidRequestError for an address that cannot be written into a ruleset
 */
export const projectRules = (desired: DesiredState, family: Family): readonly PlacedRule[] => {
  const rules = desired.networks.flatMap((network) => networkRules(desired, network, family))
  for (const mapping of desired.mappings)
    if (mapping.family === family) for (const one of mappingRules(desired, mapping)) rules.push(one)
  const isAsked = rules.length > 0 || desired.networks.some((network) => network[family] !== null)
  if (desired.guardForwarding && isAsked) rules.push(...guard(desired, family))
  return rules
}

const guard = ({ project, networks }: DesiredState, family: Family): readonly PlacedRule[] => {
  const place = (phase: Phase, matches: readonly Match[], why: string, target: Target): PlacedRule => ({
    table: 'mangle',
    chain: chains.forward,
    phase,
    rule: rule([...matches, comment(tag(project, why))], target),
  })
  return [
    // Foreign rules decide on packets of foreign containers on a joined bridge.
    ...networks
      .filter((network) => network.external && network[family] !== null)
      .flatMap(({ bridge }) => {
        const { exempt } = commonPhase
        const name = interfaceLiteral(bridge)
        return [
          place(
            exempt,
            [inBy(name)],
            `${guardForwardingPart}: from others on a bridge that is joined`,
            returns,
          ),
          place(
            exempt,
            [outBy(name)],
            `${guardForwardingPart}: to others on a bridge that is joined`,
            returns,
          ),
        ]
      }),
    place(commonPhase.all, [], `${guardForwardingPart}: not between interfaces of others`, drop),
  ]
}
