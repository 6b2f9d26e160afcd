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

/** Makes the text of a rule. Unlike `printRule`, this function does not remember the text. */
export const ruleText = (rule: Rule): string => texts.get(rule) ?? makeText(rule)

/**
 * Prints a rule without its chain and counters: `-s 127.0.0.0/8 -j DROP`. Two rules are the same when these texts are
 * equal.
 * @public @since 0.1.0
 */
export const printRule = (rule: Rule): string => {
  // A rule object does not change, and a diff, a plan and a restore all need its text.
  const known = texts.get(rule)
  if (known !== undefined) return known
  const text = makeText(rule)
  texts.set(rule, text)
  return text
}
