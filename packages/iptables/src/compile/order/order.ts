import type { Rule } from '../../model/ruleset.ts'
import * as chains from '../object-name.ts'
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

/** The container of ours that a rule is for, on a bridge of others. */
const memberOf = ({ chain, rule }: PlacedRule): string => {
  if (!ofMembers.has(chain)) return ''
  for (const match of rule.matches)
    if ((match.kind === 'source' || match.kind === 'destination') && !match.negated) return match.prefix
  return ''
}

/** Byte order, as the kernel sorts; never the locale's. */
export const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

/**
 * Puts the rules of one chain that is not a tree into their order, by their phases. The sort is stable: of one project and
 * one phase they keep the order in which they were made.
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
