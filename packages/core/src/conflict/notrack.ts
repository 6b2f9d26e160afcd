import { cause } from './cause.ts'
import type { Conflict } from './conflict.ts'
import { unreachable } from './effect.ts'
import { ruleConflict, type ToldFinding } from './rule-conflict.ts'

/**
 * Flows are taken out of connection tracking, and what is not tracked is never translated: it meets a local socket,
 * or nothing.
 * @internal
 */
export const notrack = (finding: ToldFinding): Conflict => {
  const takes = 'the packets out of connection tracking'
  return ruleConflict(finding, {
    message: `${unreachable(finding)} ${cause(finding, `takes ${takes}`, `may take ${takes}`)} Packets that are not tracked are not translated.`,
    otherwise: 'Exempt these packets from that rule, so that connection tracking sees them.',
  })
}
