import type { DesiredMapping, DesiredTarget } from '@portolan/core'
import { drop, inBy, ports, returns, rule } from '../model/build.ts'
import * as chains from '../model/object-name.ts'
import type { Match } from '../model/option/match.ts'
import { interfaceLiteral } from './literals.ts'
import { inTree } from './order/phase.ts'
import type { PlacedRule } from './parts.ts'
import { allowedSources, isForEveryone, toHost } from './sources.ts'

/** Does a mapping limit which other machines reach the port, by source or by interface? */
export const isLimited = (mapping: DesiredMapping): boolean =>
  mapping.interface !== null || !isForEveryone(mapping)

/** The rules with which a mapping of a routed network opens one port of one container. */
export const directRules = (
  mapping: DesiredMapping,
  target: DesiredTarget,
  note: Match,
): readonly PlacedRule[] => {
  const container = toHost(target.address, mapping)
  const port = [...ports(mapping.protocol, target.port, target.port), note]
  const opened = rule([...container, ...port], returns)
  const entry = mapping.interface === null ? [] : [inBy(interfaceLiteral(mapping.interface))]
  const limited = isLimited(mapping)
    ? [
        ...allowedSources(mapping).map((source) =>
          rule([...source, ...container, ...entry, ...port], returns),
        ),
        rule([...container, ...port], drop),
      ]
    : []
  return [
    { table: 'mangle', chain: chains.open, phase: inTree, rule: opened },
    ...limited.map((one): PlacedRule => ({ table: 'mangle', chain: chains.limit, phase: inTree, rule: one })),
  ]
}
