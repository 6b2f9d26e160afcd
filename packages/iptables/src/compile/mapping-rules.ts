import type { DesiredMapping, DesiredState, DesiredTarget } from '@portolan/core'
import { comment, dnat, drop, from, inBy, ports, returns, rule, to } from '../ruleset/build.ts'
import * as chains from '../ruleset/chains.ts'
import type { Match } from '../ruleset/match.ts'
import type { Rule } from '../ruleset/ruleset.ts'
import { addressLiteral, interfaceLiteral, prefixLiteral, socketLiteral } from './literal.ts'
import type { PlacedRule } from './placed-rule.ts'
import { tag } from './tag.ts'

const host = (address: string, mapping: DesiredMapping): readonly Match[] => {
  const prefix = prefixLiteral(addressLiteral(address, mapping.family), mapping.family)
  return prefix === null ? [] : [to(prefix)]
}

/**
 * Rules that share new flows by weight. The first is asked first, so each is given its share of what is left:
 * 1, 1, 2 is 1/4, 1/3, rest.
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

/** Prefixes as matches, one for each; a single one that matches everything when everyone may. */
const allowedSources = (mapping: DesiredMapping): readonly (readonly Match[])[] => {
  const prefixes = mapping.allowFrom?.map((prefix) => prefixLiteral(prefix, mapping.family)) ?? [null]
  return prefixes.includes(null)
    ? [[]]
    : prefixes.flatMap((prefix) => (prefix === null ? [] : [[from(prefix)]]))
}

const isForEveryone = (mapping: DesiredMapping): boolean =>
  allowedSources(mapping).some((matches) => matches.length === 0)

/** The allowed sources, then a drop for all others; nothing when all sources are allowed. */
const restriction = (mapping: DesiredMapping, selector: readonly Match[], port: readonly Match[]): Rule[] =>
  isForEveryone(mapping)
    ? []
    : [
        ...allowedSources(mapping).map((source) => rule([...source, ...selector, ...port], returns)),
        rule([...selector, ...port], drop),
      ]

/** Whether other machines are kept from a directly reachable port, by where they are or by where they come in. */
export const isLimited = (mapping: DesiredMapping): boolean =>
  mapping.interface !== null || !isForEveryone(mapping)

const directRules = (mapping: DesiredMapping, target: DesiredTarget, note: Match): readonly PlacedRule[] => {
  const container = host(target.address, mapping)
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
    { table: 'mangle', chain: chains.open, rule: opened },
    ...limited.map((one): PlacedRule => ({ table: 'mangle', chain: chains.limit, rule: one })),
  ]
}

/** What one mapping needs: where it leads, and which sources are kept from it. */
export const mappingRules = (desired: DesiredState, mapping: DesiredMapping): readonly PlacedRule[] => {
  const note = comment(tag(desired.project, mapping.label))
  const port = [...ports(mapping.protocol, mapping.hostPort, mapping.hostPort), note]
  if (mapping.kind === 'direct') {
    return mapping.targets.flatMap((target) => directRules(mapping, target, note))
  }
  const address = mapping.hostAddress === null ? [] : host(mapping.hostAddress, mapping)
  const entry = mapping.interface === null ? [] : [inBy(interfaceLiteral(mapping.interface))]
  const selector = [...address, ...entry]
  const leads = shares(mapping.targets).map(({ target, matches }) =>
    rule(
      [...selector, ...port, ...matches],
      dnat(socketLiteral(target.address, target.port, mapping.family)),
    ),
  )
  return [
    ...leads.map((one): PlacedRule => ({ table: 'nat', chain: chains.destination, rule: one })),
    ...restriction(mapping, selector, port).map(
      (one): PlacedRule => ({ table: 'mangle', chain: chains.allow, rule: one }),
    ),
  ]
}
