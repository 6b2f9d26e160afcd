import type { Ruleset } from '../model/index.ts'
import { diff } from './diff.ts'

/** Is our table the same in both readings? */
export const isUnchanged = (before: Ruleset, now: Ruleset): boolean => diff(before, now).length === 0
