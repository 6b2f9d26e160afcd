import type { Conflict } from './conflict.ts'
import { culpritName, dropped, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * Packets are dropped before the host decides where they go: in raw, mangle, or any chain before routing.
 * @internal
 */
export const preroutingDropped = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `${dropped(finding)} as they come in by ${culpritName(finding)}. They never get as far as the mapping.`,
    otherwise: 'Take away what drops them: nothing in front of it can let them pass.',
  })
