import type { Anomaly, RulePlace } from './anomaly.ts'

/** Chains that an engine makes and leaves to the administrator. */
const administrators =
  /^(DOCKER-USER|CNI-ADMIN|NETAVARK[-_]ADMIN|ufw6?-user-(input|output|forward)|\w+_direct)$/

const isEngines = (rule: RulePlace, owner: string): boolean =>
  rule.owner === owner && !administrators.test(rule.chain)

/**
 * Whether an anomaly is among the rules of one engine only. An engine writes its rules for every case, and repeats
 * itself. Rules that only its own rules make redundant are not wrong, and an administrator cannot change them. A
 * shadowed rule is reported for an engine too: it never acts, though it should.
 */
export const isEnginesOwn = ({ kind, rule, others }: Anomaly): boolean => {
  const { owner } = rule
  return (
    kind !== 'Shadowing' &&
    owner !== null &&
    isEngines(rule, owner) &&
    others.every((other) => isEngines(other, owner))
  )
}
