import { causeOfDrop } from './cause-of-drop.ts'
import type { Conflict } from './conflict.ts'
import { lost, whichPackets } from './effect.ts'
import { ruleConflict, type ToldFinding } from './rule-conflict.ts'

/**
 * The first packet arrives, and the answer to it does not come back: it crosses the FORWARD chains too, and by now
 * nothing translates it but connection tracking.
 * @internal
 */
export const replyDropped = (finding: ToldFinding): Conflict => {
  const packets = whichPackets(finding, 'the replies')
  return ruleConflict(finding, {
    message: `${lost(finding)} The packets arrive, but no reply comes back. ${causeOfDrop(finding, packets)}`,
    otherwise: 'Let the replies pass, and make sure that they are routed through this host.',
  })
}
