import * as chains from '../../model/object-name.ts'
import type { Match } from '../../model/option/match.ts'
import type { Rule } from '../../model/ruleset.ts'
import { acceptPhase, betweenPhase, commonPhase, type Phase, sourcePhase, toBridgePhase } from './phase.ts'

const has = (rule: Rule, kind: Match['kind']): boolean => rule.matches.some((match) => match.kind === kind)

const tests = (rule: Rule, option: string): boolean =>
  rule.matches.some(
    (match) => match.kind === 'conntrack' && match.tests.some((test) => test.option === option),
  )

const verdict = (rule: Rule): string =>
  rule.target?.kind === 'verdict' ? rule.target.verdict : (rule.target?.kind ?? '')

const lastPhases: Readonly<Record<string, Phase>> = {
  jump: toBridgePhase.limited,
  RETURN: toBridgePhase.everyPort,
  goto: toBridgePhase.publishedPorts,
  DROP: toBridgePhase.closed,
}

/** Is this a rule for an opening of `links` or `reachable_from`? */
const isOpening = (chain: string, rule: Rule): boolean => {
  if (verdict(rule) !== 'RETURN' || tests(rule, 'ctstate')) return false
  if (has(rule, 'source') || has(rule, 'destination')) return true
  return chain.startsWith(chains.ownToBridge('')) ? has(rule, 'icmp') : has(rule, 'in')
}

const ofBridge = (chain: string, rule: Rule): Phase => {
  if (isOpening(chain, rule))
    return chain.startsWith(chains.ownToBridge('')) ? toBridgePhase.openedInside : toBridgePhase.openedOutside
  if (has(rule, 'in')) {
    if (tests(rule, 'ctstate')) return toBridgePhase.sameBridgeKnown
    return verdict(rule) === 'DROP' ? toBridgePhase.sameBridgeDropped : toBridgePhase.sameBridge
  }
  if (has(rule, 'source') || tests(rule, 'ctorigdst')) return toBridgePhase.loopback
  if (tests(rule, 'ctstate')) return toBridgePhase.known
  if (has(rule, 'icmp')) return toBridgePhase.ping
  return lastPhases[verdict(rule)] ?? toBridgePhase.unknown
}

const ofAccept = (rule: Rule): Phase => {
  if (tests(rule, 'ctdir')) return acceptPhase.answers
  return has(rule, 'in') ? acceptPhase.fromBridge : acceptPhase.toBridge
}

/**
 * Does a rule match an outgoing interface, not negated? The rules for masquerading and dropping on a foreign bridge
 * have a negated match, which does not count.
 */
const hasExit = (rule: Rule): boolean => rule.matches.some((match) => match.kind === 'out' && !match.negated)

const common = (chain: string, rule: Rule): Phase => {
  if (chain === chains.forward && verdict(rule) === 'RETURN') return commonPhase.exempt
  if (has(rule, 'in')) return commonPhase.byEntry
  if (hasExit(rule)) return commonPhase.byExit
  if (chain === chains.source && verdict(rule) === 'RETURN') return commonPhase.kept
  return has(rule, 'source') ? commonPhase.bySource : commonPhase.all
}

/**
 * The phase of a rule that was read back from a host. The kernel does not store phases, so the phase is derived from
 * the rule's matches and target. `read-phase.property.test.ts` checks it against the phases that `compile` gives.
 */
export const readPhase = (chain: string, rule: Rule): Phase => {
  if (chain === chains.acceptForwarded) return ofAccept(rule)
  if (chain === chains.between) return hasExit(rule) ? betweenPhase.toBridge : betweenPhase.outward
  if (chain.startsWith(chains.sourceOfBridge('')))
    return tests(rule, 'ctstate') ? sourcePhase.hairpin : sourcePhase.loopback
  if (chain.startsWith(chains.toBridge('')) || chain.startsWith(chains.ownToBridge('')))
    return ofBridge(chain, rule)
  return common(chain, rule)
}
