import { checkArgument, type ValueKind } from '../schema/check-options.ts'

const isRuleset = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'tables' in value && Array.isArray(value.tables)

const rulesetsValue: ValueKind = {
  expected: 'a ruleset such as lower() gives, or a list of them',
  holds: (value) => (Array.isArray(value) ? value.every(isRuleset) : isRuleset(value)),
}

/** @throws InvalidRequestError */
export const checkRulesets = (rulesets: unknown): void =>
  checkArgument(rulesets, rulesetsValue, 'the argument rulesets')
