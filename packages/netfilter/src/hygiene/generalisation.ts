import type { Anomaly, RulePlace } from './anomaly.ts'
import { nameOthers, nameRule } from './words.ts'

/**
 * A rule that matches all packets of narrower rules before it, and does something else: they are its exceptions. These
 * are often intended, and worth knowing before any of them is moved.
 *
 *     1  -s 192.0.2.9 -p tcp --dport 80 -j ACCEPT
 *     2  -p tcp --dport 80 -j DROP                       generalises 1
 * @internal
 */
export const generalisation = (rule: RulePlace, others: readonly RulePlace[], hasMore: boolean): Anomaly => {
  const many = others.length > 1 || hasMore
  return {
    kind: 'Generalisation',
    severity: 'info',
    certainty: 'certain',
    rule,
    others,
    hasMore,
    message: `${nameRule(rule)} does not get every packet it matches: ${nameOthers(others, hasMore)} before it ${many ? 'make exceptions' : 'makes an exception'}. If that is meant, keep ${many ? 'them' : 'it'} before this rule: behind it ${many ? 'they' : 'it'} would never act. It reads: ${rule.text}`,
    remedy: null,
  }
}
