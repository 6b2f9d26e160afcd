import type { Finding } from '../search/finding/finding.ts'
import { cause } from './cause.ts'
import { causeOfDrop, remedyOfWay } from './cause-of-drop.ts'
import { effectOfDrop, otherPlace, packetsText, receiver } from './effect.ts'
import { exemptNetwork, type Words } from './rule-conflict.ts'

/**
 * Containers of a network cannot reach the outside, or replies do not come back, or another machine answers.
 * @internal
 */
export const egressDropped = (finding: Finding): Words => {
  if (finding.judgement.fault === 'astray') return diverted(finding)
  const packets = packetsText(finding, 'the packets')
  return {
    message: `${effectOfDrop(finding)} ${causeOfDrop(finding, packets)}`,
    otherwise: exemptNetwork,
    ...remedyOfWay(finding),
  }
}

/** A transparent proxy is intended. Still, a container that asks for one machine gets another. */
const diverted = (finding: Finding): Words => {
  const { network, share, certainty } = finding
  const subject = share === 'some' ? 'Some packets' : 'Packets'
  const sends = `the packets to ${otherPlace(finding)}`
  return {
    message: `${subject} from network ${network.name} to ${receiver(finding)} ${certainty === 'certain' ? 'do not' : 'may not'} reach the destination that they ask for. ${cause(finding, `sends ${sends}`, `may send ${sends}`)}`,
    otherwise: 'Exempt this network from that rule, unless its packets are meant to be taken there.',
  }
}
