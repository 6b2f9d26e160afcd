import type { Anomaly, RulePlace } from './anomaly.ts'

/** Chains that an engine makes and leaves to the administrator. */
const administrators =
  /^(DOCKER-USER|CNI-ADMIN|NETAVARK[-_]ADMIN|ufw6?-user-(input|output|forward)|\w+_direct)$/

const isEngines = (rule: RulePlace, owner: string): boolean =>
  rule.owner === owner && !administrators.test(rule.chain)

/**
 * Is it an engine's own business? An engine writes its rules for every case, and repeats itself: nothing is wrong with
 * rules that only its own rules make redundant, and an administrator cannot change them. A rule that never acts, though
 * it should, is told of an engine too.
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
