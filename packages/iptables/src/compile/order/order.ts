import * as chains from '../../model/object-name.ts'
import type { Rule } from '../../model/ruleset.ts'
import type { PlacedRule } from '../parts.ts'
import type { Selector } from '../port-key.ts'
import { tagOf } from '../tag.ts'

const interfaceOf = (rule: Rule): string => {
  for (const match of rule.matches) if (match.kind === 'in' || match.kind === 'out') return match.name
  return ''
}

const ofMembers: ReadonlySet<string> = new Set([
  ...[chains.forward, chains.between, chains.home, chains.acceptForwarded, chains.source],
])

/** The address of our container that a rule on a foreign bridge is for; empty for other rules. */
const memberOf = ({ chain, rule }: PlacedRule): string => {
  if (!ofMembers.has(chain)) return ''
  for (const match of rule.matches)
    if ((match.kind === 'source' || match.kind === 'destination') && !match.negated) return match.prefix
  return ''
}

/** Compares texts in byte order, as the kernel sorts, and not in the order of a locale. */
export const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

/**
 * Sorts the rules of one chain by their phases. The chain is not a tree. The sort is stable: rules of one project and
 * one phase keep the order in which they were made.
 */
export const orderRules = (placed: readonly PlacedRule[]): readonly Rule[] =>
  placed
    .toSorted(
      (left, right) =>
        left.phase - right.phase ||
        compareText(interfaceOf(left.rule), interfaceOf(right.rule)) ||
        compareText(tagOf(left.rule) ?? '', tagOf(right.rule) ?? '') ||
        compareText(memberOf(left), memberOf(right)),
    )
    .map(({ rule }) => rule)

const specificity = (selector: Selector): number =>
  (selector.address === '' ? 2 : 0) + (selector.interface === '' ? 1 : 0)

/** Compares entries by port. For one port, entries with a host address come first, then those with an interface. */
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
