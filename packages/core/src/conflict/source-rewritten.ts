import type { Conflict } from './conflict.ts'
import { called, callers, culpritName, ruleConflict, sentence } from './rule-conflict.ts'
import { addressText, type Finding } from './search/finding.ts'

/**
 * The container sees another source than the client's own: logs and access lists inside it are of no use, and what it
 * has no way to reach through the host it cannot even answer.
 * @internal
 */
export const sourceRewritten = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `${sentence(called(finding))} sees flows of ${callers(finding)} with another source address than it should, because of ${culpritName(finding)}.${unanswered(finding)}`,
    otherwise: 'Keep these packets out of what translates their source.',
  })

const unanswered = ({ judgement, rows: [row] }: Finding): string =>
  judgement.fault === 'stopped' && row !== undefined
    ? ` The answers to ${addressText(row.family, judgement.conclusion.reached.world.saddr)} are lost.`
    : ''
