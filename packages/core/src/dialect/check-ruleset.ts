import { checkArgument, objectValue } from '@portolan/netfilter/schema'

const rulesetValue = objectValue('a ruleset such as parse() gives', { tables: 'list' })

/**
 * Refuses what is no ruleset of a dialect: callers in JavaScript have no compiler.
 *
 * @throws InvalidRequestError
 * @example
 * checkRuleset(parse(text))
 * @public @since 0.1.0
 */
export const checkRuleset = (ruleset: unknown): void =>
  checkArgument(ruleset, rulesetValue, 'the argument ruleset')
