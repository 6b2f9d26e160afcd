import type { Expression, NetfilterRule, Step } from '@portolan/netfilter'

const known = new WeakMap<NetfilterRule, string>()

/**
 * What a rule asks for and does, without the values: the bans of a list have one form, and a rule among them that asks
 * for other fields has another.
 */
export const ruleForm = (rule: NetfilterRule): string => {
  const before = known.get(rule)
  if (before !== undefined) return before
  const made = [...new Set(rule.steps.flatMap(stepForm))].sort().join(' ')
  known.set(rule, made)
  return made
}

const stepForm = (step: Step): readonly string[] => {
  switch (step.kind) {
    case 'note':
      return []
    case 'compare':
      return [`${step.negated ? '!' : ''}${nameOf(step.expression)}`]
    case 'lookup':
    case 'dispatch':
      return [`${step.kind} ${step.key.map(nameOf).join()}`]
    case 'verdict':
      return [step.verdict.kind]
    default:
      return [step.kind]
  }
}

const nameOf = (expression: Expression): string =>
  expression.kind === 'field' ? expression.field : expression.kind
