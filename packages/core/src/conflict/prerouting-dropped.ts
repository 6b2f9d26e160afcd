import { causeOfDrop } from './cause-of-drop.ts'
import type { Conflict } from './conflict.ts'
import { lost, whichPackets } from './effect.ts'
import { changeRule, ruleConflict, type ToldFinding } from './rule-conflict.ts'

/**
 * Packets are dropped before the host decides where they go: in raw, mangle, or any chain before routing.
 * @internal
 */
export const preroutingDropped = (finding: ToldFinding): Conflict => {
  const packets = `${whichPackets(finding, 'the packets')} as they come in, before they are routed`
  return ruleConflict(finding, {
    message: `${lost(finding)} ${causeOfDrop(finding, packets)}`,
    otherwise: changeRule,
  })
}
