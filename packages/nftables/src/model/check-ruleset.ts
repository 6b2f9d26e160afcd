import { checkArgument, objectValue } from '@portolan/netfilter/schema'

const rulesetValue = objectValue('a ruleset such as parse() gives', { tables: 'list' })

/** @throws InvalidRequestError for what is no ruleset of this dialect: callers in JavaScript have no compiler */
export const checkRuleset = (ruleset: unknown): void =>
  checkArgument(ruleset, rulesetValue, 'the argument ruleset')
