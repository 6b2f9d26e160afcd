import type { Rule } from '../model/ruleset.ts'

/**
 * A rule that belongs to a project, and the chain it is for: of a tree, its root. Where in that chain it comes
 * to stand follows from the rule alone, so that rules of several projects, compiled or read back from a host,
 * give one and the same ruleset in whatever order they are put together.
 */
export interface PlacedRule {
  readonly table: 'mangle' | 'filter' | 'nat'
  readonly chain: string
  readonly rule: Rule
}
