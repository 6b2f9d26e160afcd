import type { Match } from '../../model/option/match.ts'
import type { Rule } from '../../model/ruleset.ts'
import type { CoreMatch } from './core-match.ts'

/** The largest number of rules from one line. `-s a,b -d c,d` is four rules. */
const most = 65_536

/**
 * Expands a line into rules: one for each pair of its source and destination addresses.
 *
 * @returns null when there are more than `most` rules
 */
export const expandRule = (
  core: readonly CoreMatch[],
  rest: readonly Match[],
  rule: Rule,
): readonly Rule[] | null => {
  // Nearly every line is one rule, and there are many lines.
  if (core.every(({ alternatives }) => alternatives.length === 1)) {
    const matches: Match[] = []
    for (const { alternatives } of core)
      for (const match of alternatives) if (match !== null) matches.push(match)
    for (const match of rest) matches.push(match)
    return [{ ...rule, matches }]
  }
  let variants: readonly (readonly Match[])[] = [[]]
  for (const { alternatives } of core) {
    if (variants.length * alternatives.length > most) return null
    variants = variants.flatMap((before) =>
      alternatives.map((match) => (match === null ? before : [...before, match])),
    )
  }
  return variants.map((before) => ({ ...rule, matches: [...before, ...rest] }))
}
