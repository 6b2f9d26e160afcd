import type { Counters, Rule } from '../../model/ruleset.ts'
import { printMatch } from './print-match.ts'
import { printTarget } from './print-target.ts'

export const printCounters = (counters: Counters): string => `[${counters.packets}:${counters.bytes}]`

const makeText = (rule: Rule): string => {
  let text = ''
  for (const match of rule.matches) text += text === '' ? printMatch(match) : ` ${printMatch(match)}`
  if (rule.target !== null) text += text === '' ? printTarget(rule.target) : ` ${printTarget(rule.target)}`
  return text
}

const texts = new WeakMap<Rule, string>()

/** The text of a rule, which is not kept. */
export const ruleText = (rule: Rule): string => texts.get(rule) ?? makeText(rule)

/**
 * A rule without its chain and counters: `-s 127.0.0.0/8 -j DROP`. Two rules are the same rule when this is.
 * @public @since 0.1.0
 */
export const printRule = (rule: Rule): string => {
  // A rule never changes, and a diff, a plan and a restore all ask for its text.
  const known = texts.get(rule)
  if (known !== undefined) return known
  const text = makeText(rule)
  texts.set(rule, text)
  return text
}
