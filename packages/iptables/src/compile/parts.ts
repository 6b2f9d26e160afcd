import type { Match } from '../model/option/match.ts'
import type { Target } from '../model/option/target.ts'
import type { Rule } from '../model/ruleset.ts'
import type { Phase } from './order/phase.ts'

/**
 * A rule that belongs to a project, and the chain it is for: of a tree, its root. Where in that chain it comes
 * to stand follows from the rule and its phase, so that rules of several projects, compiled or read back from a host,
 * give one and the same ruleset in whatever order they are put together.
 */
export interface PlacedRule {
  readonly table: 'mangle' | 'filter' | 'nat'
  readonly chain: string
  /** Its place among the rules of the chain, unless that is a tree. */
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
