import type { Match } from '../model/option/match.ts'
import type { Target } from '../model/option/target.ts'
import type { Rule } from '../model/ruleset.ts'
import type { Phase } from './order/phase.ts'

/**
 * A rule that belongs to a project, and its chain: for a tree, the root. The position in the chain follows from the
 * rule and its phase. So the rules of several projects give the same ruleset in any order, whether compiled or read
 * back from a host.
 */
export interface PlacedRule {
  readonly table: 'mangle' | 'filter' | 'nat'
  readonly chain: string
  /** The position among the rules of the chain, except in a tree. */
  readonly phase: Phase
  readonly rule: Rule
}

/** Makes a rule of one network. */
export type Place = (
  table: PlacedRule['table'],
  chain: string,
  phase: Phase,
  matches: readonly Match[],
  why: string,
  target: Target,
) => PlacedRule
