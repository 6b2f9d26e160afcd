import { cause } from './cause.ts'
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
    message: `${lost(finding)} ${cause(finding, `drops ${packets}`, `may drop ${packets}`)}`,
    otherwise: changeRule,
  })
}
