import type { Conflict } from './conflict.ts'
import { are, called, callers, culpritName, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * Flows are taken out of connection tracking, and what is not tracked is never translated: it meets a local socket,
 * or nobody.
 * @internal
 */
export const notrack = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `Packets of ${callers(finding)} for ${called(finding)} ${are(finding)} taken out of connection tracking by ${culpritName(finding)}. Without tracking nothing is translated, so they never reach the container, or their answers never come back.`,
    otherwise: 'Let connection tracking see them.',
  })
