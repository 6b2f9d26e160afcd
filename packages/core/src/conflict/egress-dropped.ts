import type { Conflict } from './conflict.ts'
import { are, called, callers, culpritName, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * Containers of a network do not get out, or their answers do not come back.
 * @internal
 */
export const egressDropped = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `Packets of ${callers(finding)} for ${called(finding)}${finding.step?.reply === true ? ', or rather the answers to them,' : ''} ${are(finding)} dropped by ${culpritName(finding)}.`,
    otherwise: 'Let the network out: nothing in front of what drops its packets can let them pass.',
  })
