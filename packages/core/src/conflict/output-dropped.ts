import { causeOfDrop } from './cause-of-drop.ts'
import type { Conflict } from './conflict.ts'
import { lost, whichPackets } from './effect.ts'
import { changeRule, ruleConflict, type ToldFinding } from './rule-conflict.ts'

/**
 * What a process on the host sends to a published port is dropped as it is sent.
 * @internal
 */
export const outputDropped = (finding: ToldFinding): Conflict => {
  const packets = `${whichPackets(finding, 'the packets')} as they are sent`
  return ruleConflict(finding, {
    message: `${lost(finding)} ${causeOfDrop(finding, packets)}`,
    otherwise: changeRule,
  })
}
