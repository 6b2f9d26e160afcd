import { causeOfDrop } from './cause-of-drop.ts'
import type { Conflict } from './conflict.ts'
import { lost, whichPackets } from './effect.ts'
import { changeRule, ruleConflict, type ToldFinding } from './rule-conflict.ts'

/**
 * Packets are dropped where they are forwarded, after they were translated. An accept in another table, ours too, does
 * not help: a drop anywhere is final (nft(8), OVERALL EVALUATION).
 * @internal
 */
export const forwardDropped = (finding: ToldFinding): Conflict => {
  const packets = whichPackets(finding, 'the forwarded packets')
  return ruleConflict(finding, {
    message: `${lost(finding)} ${causeOfDrop(finding, packets)}`,
    otherwise: changeRule,
  })
}
