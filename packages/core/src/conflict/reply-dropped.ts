import type { Conflict } from './conflict.ts'
import { are, called, callers, culpritName, dropped, isLater, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * The first packet arrives, and the answer to it does not come back: it crosses the FORWARD chains too, and by now
 * nothing translates it but connection tracking.
 * @internal
 */
export const replyDropped = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: isLater(finding)
      ? `${dropped(finding)} by ${culpritName(finding)}.`
      : `Flows of ${callers(finding)} to ${called(finding)} arrive, but the answers ${are(finding)} dropped by ${culpritName(finding)}.`,
    otherwise: 'See to it that answers find their way back: they have to pass this host, and be let through.',
  })
