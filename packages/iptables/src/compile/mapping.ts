import type { DesiredMapping, DesiredState, DesiredTarget } from '@portolan/core'
import { comment, dnat, drop, inBy, ports, returns, rule } from '../model/build.ts'
import * as chains from '../model/object-name.ts'
import type { Match } from '../model/option/match.ts'
import type { Rule } from '../model/ruleset.ts'
import { directRules } from './direct-mapping.ts'
import { interfaceLiteral, socketLiteral } from './literals.ts'
import { inTree } from './order/phase.ts'
import type { PlacedRule } from './parts.ts'
import { allowedSources, isForEveryone, toHost } from './sources.ts'
import { tag } from './tag.ts'

/**
 * Rules that share new flows by weight. Each rule sees the flows that the rules before it left, so its probability is
 * its share of the rest: weights 1, 1, 2 give 1/4, 1/3, and all of the rest.
 */
const shares = (
  targets: readonly DesiredTarget[],
): readonly { target: DesiredTarget; matches: readonly Match[] }[] => {
  let left = targets.reduce((sum, target) => sum + target.weight, 0)
  return targets.map((target, index) => {
    const probability = Math.round((target.weight / left) * 2 ** 31)
    left -= target.weight
    const matches: readonly Match[] =
      index === targets.length - 1 ? [] : [{ kind: 'statistic', probability, negated: false }]
    return { target, matches }
  })
}

/** The allowed sources, then a drop for all others. Empty when every source is allowed. */
const restriction = (mapping: DesiredMapping, selector: readonly Match[], port: readonly Match[]): Rule[] =>
  isForEveryone(mapping)
    ? []
    : [
        ...allowedSources(mapping).map((source) => rule([...source, ...selector, ...port], returns)),
        rule([...selector, ...port], drop),
      ]

/** The rules of one mapping: its translation, and its restriction to some sources. */
export const mappingRules = (desired: DesiredState, mapping: DesiredMapping): readonly PlacedRule[] => {
  const note = comment(tag(desired.project, mapping.label))
  const port = [...ports(mapping.protocol, mapping.hostPort, mapping.hostPort), note]
  if (mapping.kind === 'direct') {
    return mapping.targets.flatMap((target) => directRules(mapping, target, note))
  }
  const address = mapping.hostAddress === null ? [] : toHost(mapping.hostAddress, mapping)
  const entry = mapping.interface === null ? [] : [inBy(interfaceLiteral(mapping.interface))]
  const selector = [...address, ...entry]
  const leads = shares(mapping.targets).map(({ target, matches }) =>
    rule(
      [...selector, ...port, ...matches],
      dnat(socketLiteral(target.address, target.port, mapping.family)),
    ),
  )
  return [
    ...leads.map(
      (one): PlacedRule => ({ table: 'nat', chain: chains.destination, phase: inTree, rule: one }),
    ),
    ...restriction(mapping, selector, port).map(
      (one): PlacedRule => ({ table: 'mangle', chain: chains.allow, phase: inTree, rule: one }),
    ),
  ]
}
