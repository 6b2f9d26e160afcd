import type { DesiredState } from '@portolan/core'
import { rule } from '../model/build.ts'
import { drop, isNot, meta, reference } from '../model/index.ts'
import { addDirectMappings } from './direct-mapping.ts'
import { validate } from './literals.ts'
import { addNatMapping } from './mapping.ts'
import { addNetwork, directFamilies } from './network.ts'
import { addRule, newParts, type Parts } from './parts.ts'
import { ownerComment } from './tag.ts'

/**
 * What one project owns of our table.
 *
 * @throws InvalidRequestError when a value could not be written as a rule (an interface name with a quote, say)
 */
export const projectParts = (desired: DesiredState): Parts => {
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
  return { elements: parts.elements, chains: parts.chains, rules: parts.rules }
}
