import type { Anomaly, RulePlace } from './anomaly.ts'
import { removeRule } from './remove-rule.ts'
import { nameOthers, nameRule } from './words.ts'

/**
 * A rule that can be removed without effect: earlier rules do the same to all its packets, so that it never acts, or a
 * wider rule behind it does the same.
 *
 *     1  -p tcp --dport 80 -j ACCEPT                     redundant for 2
 *     2  -p tcp -j ACCEPT
 *     3  -p tcp --dport 443 -j ACCEPT                    redundant for 2
 * @internal
 */
export const redundancy = (
  rule: RulePlace,
  others: readonly RulePlace[],
  certainty: Anomaly['certainty'],
  side: 'before' | 'behind',
): Anomaly => {
  const isSure = certainty === 'certain'
  const many = others.length > 1
  const same = `${nameOthers(others)} ${side === 'before' ? 'before' : 'behind'} it ${many ? 'do' : 'does'}`
  const doubt = isSure
    ? ''
    : ', if the matches that both have and that are not understood give one packet the same result in both'
  return {
    kind: 'Redundancy',
    severity: 'info',
    certainty,
    rule,
    others,
    hasMore: false,
    message: `${nameRule(rule)} is not needed: ${same} the same to every packet it matches${doubt}. ${isSure ? 'It can be deleted' : 'See whether it can be deleted'}. It reads: ${rule.text}`,
    remedy: isSure ? removeRule(rule) : null,
  }
}
