import { ours } from '../compile/ours.ts'
import type { Ruleset } from '../model/ruleset.ts'
import { diff } from './diff.ts'

/** Is what is ours in two readings the same? */
export const isUnchanged = (before: Ruleset, now: Ruleset): boolean =>
  // `diff` wants to be told ours alone: a foreign rule in what is desired would be one to add. A jump moves because a
  // foreign rule stands in front of it, which is no change of ours.
  diff(before, ours(now)).every(({ operation }) => operation.kind === 'move-rule')
