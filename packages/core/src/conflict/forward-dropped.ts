import type { Conflict } from './conflict.ts'
import { culpritName, dropped, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * Packets are dropped where they are forwarded, after they were translated. An accept in another table, ours too, does
 * not help: a drop anywhere is final (nft(8), OVERALL EVALUATION).
 * @internal
 */
export const forwardDropped = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `${dropped(finding)} on their way to the container by ${culpritName(finding)}.`,
    otherwise: 'Take away what drops them: nothing in front of it can let them pass.',
  })
