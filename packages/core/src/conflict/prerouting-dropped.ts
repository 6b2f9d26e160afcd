import { cause } from './cause.ts'
import type { Conflict } from './conflict.ts'
import { lost, whichPackets } from './effect.ts'
import { changeRule, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * Packets are dropped before the host decides where they go: in raw, mangle, or any chain before routing.
 * @internal
 */
export const preroutingDropped = (finding: Finding): Conflict => {
  const packets = `${whichPackets(finding, 'the packets')} as they come in, before they are routed`
  return ruleConflict(finding, {
    message: `${lost(finding)} ${cause(finding, `drops ${packets}`, `may drop ${packets}`)}`,
    otherwise: changeRule,
  })
}
