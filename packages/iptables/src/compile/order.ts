// Only in iptables: rules of many projects share one list, and a map has no order.

import type { Match } from '../model/option/match.ts'
import type { Rule } from '../model/ruleset.ts'
import * as chains from './object-name.ts'
import type { Selector } from './port-key.ts'
import { tagOf } from './tag.ts'

const has = (rule: Rule, kind: Match['kind']): boolean => rule.matches.some((match) => match.kind === kind)

const tests = (rule: Rule, option: string): boolean =>
  rule.matches.some(
    (match) => match.kind === 'conntrack' && match.tests.some((test) => test.option === option),
  )

const verdict = (rule: Rule): string =>
  rule.target?.kind === 'verdict' ? rule.target.verdict : (rule.target?.kind ?? '')

/** The rules of the chains per bridge, from what is asked first to what is asked last. */
const bridgeRank = (rule: Rule): number => {
  if (has(rule, 'in')) return tests(rule, 'ctstate') ? 0 : verdict(rule) === 'DROP' ? 1 : 2
  if (has(rule, 'source') || tests(rule, 'ctorigdst')) return 3
  if (tests(rule, 'ctstate')) return 4
  if (has(rule, 'icmp')) return 5
  const last = ['jump', 'RETURN', 'goto', 'DROP'].indexOf(verdict(rule))
  return 6 + (last === -1 ? 4 : last)
}

const rank = (chain: string, rule: Rule): number => {
  if (chain === chains.acceptForwarded) return tests(rule, 'ctdir') ? 0 : has(rule, 'in') ? 2 : 1
  if (chain === chains.between) return has(rule, 'out') ? 0 : 1
  if (chain.startsWith(chains.sourceOfBridge(''))) return tests(rule, 'ctstate') ? 0 : 1
  if (chain.startsWith(chains.toBridge('')) || chain.startsWith(chains.ownToBridge('')))
    return bridgeRank(rule)
  return has(rule, 'in') ? 0 : has(rule, 'out') ? 1 : has(rule, 'source') ? 2 : 3
}

const interfaceOf = (rule: Rule): string => {
  for (const match of rule.matches) if (match.kind === 'in' || match.kind === 'out') return match.name
  return ''
}

/** Byte order, as the kernel sorts; never the locale's. */
export const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

/**
 * Puts the rules of one chain that is not a tree into their order, which depends on the rules alone. The sort
 * is stable: of one project and one purpose they keep the order in which they were made.
 */
export const orderRules = (chain: string, rules: readonly Rule[]): readonly Rule[] =>
  rules.toSorted(
    (left, right) =>
      rank(chain, left) - rank(chain, right) ||
      compareText(interfaceOf(left), interfaceOf(right)) ||
      compareText(tagOf(left) ?? '', tagOf(right) ?? ''),
  )

const specificity = (selector: Selector): number =>
  (selector.address === '' ? 2 : 0) + (selector.interface === '' ? 1 : 0)

/** By port; of one port what names a host address first, then what names an interface. */
export const compareEntries = (
  left: Selector & { readonly rule: Rule },
  right: Selector & { readonly rule: Rule },
): number =>
  left.port - right.port ||
  specificity(left) - specificity(right) ||
  compareText(left.address, right.address) ||
  compareText(left.interface, right.interface) ||
  compareText(left.protocol, right.protocol) ||
  compareText(tagOf(left.rule) ?? '', tagOf(right.rule) ?? '')
