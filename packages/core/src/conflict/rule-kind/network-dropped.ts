import type { Finding } from '../search/finding/finding.ts'
import { isDestinationChange } from '../search/follow/foreign-step.ts'
import { cause } from './cause.ts'
import { causeOfDrop, remedyOfWay, wrongWay } from './cause-of-drop.ts'
import { effectOfDrop, otherPlace, packetsText, unreachable } from './effect.ts'
import { anotherRoute, exemptNetwork, type Words } from './rule-conflict.ts'

/**
 * Flows inside a network, or from the host into it, are dropped, or translated or routed to another place.
 * @internal
 */
export const networkDropped = (finding: Finding): Words => {
  const { step } = finding
  if (
    step !== null &&
    wrongWay(finding) === null &&
    (isDestinationChange(step) || step.deed.kind === 'misroute')
  ) {
    const sends = `the packets to ${otherPlace(finding)}`
    return {
      message: `${unreachable(finding)} ${cause(finding, `sends ${sends}`, `may send ${sends}`)}`,
      otherwise: 'Exempt this network from that rule.',
      ...(step.deed.kind === 'misroute' ? { remedy: anotherRoute } : {}),
    }
  }
  const packets = packetsText(finding, 'the packets')
  return {
    message: `${effectOfDrop(finding)} ${causeOfDrop(finding, packets)}`,
    otherwise: exemptNetwork,
    ...remedyOfWay(finding),
  }
}
