import type { Conflict } from './conflict.ts'
import { culpritName, dropped, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * What a process on the host sends to a published port is dropped as it is sent.
 * @internal
 */
export const outputDropped = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `${dropped(finding)} as they are sent by ${culpritName(finding)}.`,
    otherwise: 'Take away what drops them: nothing in front of it can let them pass.',
  })
