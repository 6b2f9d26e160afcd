import type { Anomaly, RulePlace } from './anomaly.ts'
import { nameOthers, nameRule } from './words.ts'

/**
 * Two rules that match some common packets and do different things. Neither matches all packets of the other. The first
 * of them decides.
 *
 *     1  -s 192.0.2.0/24 -j DROP
 *     2  -p tcp --dport 80 -j ACCEPT                     correlated with 1
 * @internal
 */
export const correlation = (
  rule: RulePlace,
  others: readonly RulePlace[],
  hasMore: boolean,
  certainty: Anomaly['certainty'],
): Anomaly => {
  const many = others.length > 1 || hasMore
  return {
    kind: 'Correlation',
    severity: 'info',
    certainty,
    rule,
    others,
    hasMore,
    message: `${nameRule(rule)} and ${nameOthers(others, hasMore)} before it ${certainty === 'possible' ? 'may match' : 'match'} some of the same packets and do different things with them: what comes first decides. See whether ${many ? 'those' : 'that'} should go first. It reads: ${rule.text}`,
    remedy: null,
  }
}
