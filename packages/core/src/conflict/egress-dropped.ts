import { cause } from './cause.ts'
import type { Conflict } from './conflict.ts'
import { lost, whichPackets } from './effect.ts'
import { exemptNetwork, ruleConflict, type ToldFinding } from './rule-conflict.ts'

/**
 * Containers of a network do not get out, or their answers do not come back.
 * @internal
 */
export const egressDropped = (finding: ToldFinding): Conflict => {
  const packets = whichPackets(finding, 'the packets')
  return ruleConflict(finding, {
    message: `${lost(finding)} ${cause(finding, `drops ${packets}`, `may drop ${packets}`)}`,
    otherwise: exemptNetwork,
  })
}
