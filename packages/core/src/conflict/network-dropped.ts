import type { Conflict } from './conflict.ts'
import { are, called, callers, culpritName, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * Flows inside a network, or from the host into it, are dropped.
 * @internal
 */
export const networkDropped = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `Packets of ${callers(finding)} for containers of ${called(finding)}${finding.step?.reply === true ? ', or rather the answers to them,' : ''} ${are(finding)} dropped by ${culpritName(finding)}.`,
    otherwise: 'Let the network be: nothing in front of what drops its packets can let them pass.',
  })
