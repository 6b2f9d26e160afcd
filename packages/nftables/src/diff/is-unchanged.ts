import type { Ruleset } from '../model/index.ts'
import { diff } from './diff.ts'

/** Is what is ours in two readings the same? */
export const isUnchanged = (before: Ruleset, now: Ruleset): boolean => diff(before, now).length === 0
