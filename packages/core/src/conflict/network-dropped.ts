import type { Conflict } from './conflict.ts'
import { called, callers, culpritName, dropped, goElsewhere, ruleConflict } from './rule-conflict.ts'
import { isDestinationChange } from './search/blame.ts'
import type { Finding } from './search/finding.ts'

/**
 * Flows inside a network, or from the host into it, are dropped, or translated to another place.
 * @internal
 */
export const networkDropped = (finding: Finding): Conflict =>
  finding.step !== null && isDestinationChange(finding.step)
    ? ruleConflict(finding, {
        message: `Packets of ${callers(finding)} for containers of ${called(finding)} ${goElsewhere(finding)} instead, translated by ${culpritName(finding)}.`,
        otherwise: 'Keep what is for the network out of what translates its destination.',
      })
    : ruleConflict(finding, {
        message: `${dropped(finding, `containers of ${called(finding)}`)} by ${culpritName(finding)}.`,
        otherwise: 'Let the network be: nothing in front of what drops its packets can let them pass.',
      })
