import type { Conflict } from './conflict.ts'
import { called, callers, culpritName, ruleConflict, sentence } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * The container sees another source than the client's own: logs and access lists inside it are of no use.
 * @internal
 */
export const sourceRewritten = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `${sentence(called(finding))} sees flows of ${callers(finding)} with another source address than it should, because of ${culpritName(finding)}.`,
    otherwise: 'Keep these packets out of what translates their source.',
  })
