import type { DesiredState } from '@portolan/core'
import { guardForwardingPart } from '@portolan/netfilter'
import { rule } from '../model/build.ts'
import { drop, isNot, meta, reference } from '../model/index.ts'
import { addDirectMappings } from './direct-mapping.ts'
import { addExternalNetwork } from './external-network.ts'
import { validate } from './literals.ts'
import { addNatMapping } from './mapping.ts'
import { addNetwork, directFamilies } from './network.ts'
import { addOpenings } from './opening.ts'
import { addRule, newParts, type Parts } from './parts.ts'
import { ownerComment } from './tag.ts'

/**
 * The parts of our table that belong to one project.
 *
 * @throws InvalidRequestError when a value could not be written as a rule (an interface name with a quote, say)
 */
export const projectParts = (desired: DesiredState): Parts => {
  validate(desired)
  const { project, networks, mappings } = desired
  const parts = newParts()
  for (const network of networks) {
    const direct = directFamilies(network, mappings)
    if (network.external) addExternalNetwork(parts, desired, network, direct)
    else {
      const opened = addOpenings(parts, desired, network, ownerComment(project, network.name))
      addNetwork(parts, project, network, direct, opened)
    }
  }
  for (const mapping of mappings) if (mapping.kind === 'nat') addNatMapping(parts, project, mapping)
  addDirectMappings(parts, project, mappings)
  if (desired.guardForwarding) {
    const comment = ownerComment(project, guardForwardingPart)
    const inside = reference('bridges')
    // Earlier rules decide on packets that leave by a network of ours. Packets for foreign containers on a joined
    // bridge are left to the foreign rules.
    const joined = networks.some(({ external }) => external) ? [isNot(meta('oifname'), inside)] : []
    addRule(parts, 'forward', rule(comment, isNot(meta('iifname'), inside), ...joined, drop))
  }
  return { elements: parts.elements, chains: parts.chains, rules: parts.rules }
}
