import { ours } from '../compile/ours.ts'
import type { Ruleset } from '../model/ruleset.ts'
import { diff } from './diff.ts'

/** Are our rules the same in both readings? */
export const isUnchanged = (before: Ruleset, now: Ruleset): boolean =>
  // `diff` expects our rules alone: it would add a foreign rule in the desired ruleset. A jump moves because of a
  // foreign rule in front of it, which is not a change of our rules.
  diff(before, ours(now)).every(({ operation }) => operation.kind === 'move-rule')
