import type { MatchStep, Step } from '../../model/index.ts'
import { isMatch } from '../value/compile-match.ts'

/** The matches at the head of a rule, which nearly always decide. */
export const leadingMatches = (steps: readonly Step[]): readonly MatchStep[] => {
  const leading: MatchStep[] = []
  for (const step of steps) {
    if (!isMatch(step)) break
    leading.push(step)
  }
  return leading
}
