import { checkArgument, objectValue } from '@portolan/netfilter/schema'

const rulesetValue = objectValue('a ruleset such as parse() gives', { tables: 'list' })

/**
 * Refuses a value that is not a ruleset of a dialect. Callers in JavaScript have no compiler that does so.
 *
 * @throws InvalidRequestError
 * @example
 * checkRuleset(parse(text))
 * @public @since 0.1.0
 */
export const checkRuleset = (ruleset: unknown): void =>
  checkArgument(ruleset, rulesetValue, 'the argument ruleset')
