import type { Counters, Rule } from '../ruleset/ruleset.ts'
import { printMatch } from './print-match.ts'
import { printTarget } from './print-target.ts'

export const printCounters = (counters: Counters): string => `[${counters.packets}:${counters.bytes}]`

/**
 * A rule without its chain and counters: `-s 127.0.0.0/8 -j DROP`. Two rules are the same rule when this is.
 * @public @since 0.1.0
 */
export const printRule = (rule: Rule): string => {
  const words = rule.matches.map(printMatch)
  if (rule.target !== null) words.push(printTarget(rule.target))
  return words.join(' ')
}
