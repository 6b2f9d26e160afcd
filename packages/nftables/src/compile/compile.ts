import type { DesiredState } from '@portolan/core'
import { drop, isNot, meta, type Ruleset, reference } from '../model/index.ts'
import { assemble } from './assemble.ts'
import { addDirectMappings } from './direct-mapping.ts'
import { addNatMapping } from './mapping.ts'
import { addNetwork, directFamilies } from './network.ts'
import { ownerComment } from './owner.ts'
import { addRule, newParts } from './parts.ts'
import { rule } from './rule.ts'
import { validate } from './validate.ts'

/**
 * The table that carries out one project's desired state, as if it were the only project on the host: one
 * private table `inet portolan`, in which a published port is one element of a map.
 *
 * @param desired - every choice made; addresses and prefixes canonical
 * @returns a ruleset of one table; of none when the project wants nothing
 * @throws InvalidRequestError when a value could not be written as a rule (an interface name with a quote, say)
 * @example
 * print(compile(desired), 'nft') // table inet portolan { ... }
 * @public @since 0.1.0
 */
export const compile = (desired: DesiredState): Ruleset => {
  validate(desired)
  const { project, networks, mappings } = desired
  const parts = newParts()
  for (const network of networks) addNetwork(parts, project, network, directFamilies(network, mappings))
  for (const mapping of mappings) if (mapping.kind === 'nat') addNatMapping(parts, project, mapping)
  addDirectMappings(parts, project, mappings)
  if (desired.guardForwarding) {
    const comment = ownerComment(project, 'guard forwarding')
    // What leaves by a network of ours has been decided on before this rule is reached.
    addRule(parts, 'forward', rule(comment, isNot(meta('iifname'), reference('bridges')), drop))
  }
  return assemble(parts)
}
