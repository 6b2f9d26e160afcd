import type { Conflict } from './conflict.ts'
import { culpritName, dropped, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * Containers of a network do not get out, or their answers do not come back.
 * @internal
 */
export const egressDropped = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `${dropped(finding)} by ${culpritName(finding)}.`,
    otherwise: 'Let the network out: nothing in front of what drops its packets can let them pass.',
  })
