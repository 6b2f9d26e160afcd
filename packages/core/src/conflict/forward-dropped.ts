import type { Conflict } from './conflict.ts'
import { are, called, callers, culpritName, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * Packets are dropped where they are forwarded, after they were translated. An accept in another table, ours too, does
 * not help: a drop anywhere is final (nft(8), OVERALL EVALUATION).
 * @internal
 */
export const forwardDropped = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `Packets of ${callers(finding)} for ${called(finding)} ${are(finding)} dropped on their way to the container by ${culpritName(finding)}.`,
    otherwise: 'Take away what drops them: nothing in front of it can let them pass.',
  })
