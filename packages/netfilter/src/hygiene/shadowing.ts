import type { Anomaly, RulePlace } from './anomaly.ts'
import { removeRule } from './remove-rule.ts'
import { nameOthers, nameRule } from './words.ts'

/**
 * A rule that never acts: earlier rules end the path of all packets it matches, and not as it would.
 *
 *     1  -s 10.0.0.0/8 -j DROP
 *     2  -s 10.1.0.0/16 -p tcp --dport 80 -j ACCEPT     shadowed by 1
 *
 * Several rules may shadow one together: `--dport 0:1023` and `--dport 1024:65535` leave nothing of `-p tcp`.
 * @internal
 */
export const shadowing = (
  rule: RulePlace,
  others: readonly RulePlace[],
  certainty: Anomaly['certainty'],
  does: { readonly rule: string; readonly others: readonly string[] },
): Anomaly => {
  const isSure = certainty === 'certain'
  const together = others.length > 1 ? ' together' : ''
  const verbs = [...new Set(does.others)].join(' or ')
  const verb = others.length > 1 ? `${together} take first` : `${verbs} first`
  const doubt = isSure
    ? 'never acts'
    : 'never acts, if the matches that both have and that are not understood give one packet the same result in both'
  return {
    kind: 'Shadowing',
    severity: isSure ? 'warning' : 'info',
    certainty,
    rule,
    others,
    hasMore: false,
    message: `${nameRule(rule)} ${doubt}: every packet that it ${does.rule}, ${nameOthers(others)}${others.length > 1 ? '' : ' '}${verb}. If it should act, move it before ${others.length > 1 ? 'them' : 'that one'}; if not, delete it. It reads: ${rule.text}`,
    remedy: isSure ? removeRule(rule) : null,
  }
}
