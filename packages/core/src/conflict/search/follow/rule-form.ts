import type { Expression, NetfilterRule, Step } from '@portolan/netfilter'

const known = new WeakMap<NetfilterRule, string>()

/** The rules of a host have few forms. The key is what their steps match and do, in the order of the steps. */
const forms = new Map<string, string>()

/** The most forms that are kept. */
const MOST_FORMS = 4_096

/**
 * The form of a rule: what it matches and does, without the values. The bans of a list have one form. A rule among them
 * that matches other fields has another.
 */
export const ruleForm = (rule: NetfilterRule): string => {
  const before = known.get(rule)
  if (before !== undefined) return before
  let inOrder = ''
  for (const step of rule.steps) if (step.kind !== 'note') inOrder += `${stepForm(step)}\n`
  const form = forms.get(inOrder) ?? sortedForm(inOrder)
  known.set(rule, form)
  return form
}

const sortedForm = (inOrder: string): string => {
  const form = [...new Set(inOrder.split('\n').slice(0, -1))].sort().join(' ')
  if (forms.size >= MOST_FORMS) forms.clear()
  forms.set(inOrder, form)
  return form
}

const stepForm = (step: Step): string => {
  switch (step.kind) {
    case 'compare':
      return step.negated ? `!${nameOf(step.expression)}` : nameOf(step.expression)
    case 'lookup':
    case 'dispatch':
      return `${step.kind} ${step.key.map(nameOf).join()}`
    case 'verdict':
      return step.verdict.kind
    default:
      return step.kind
  }
}

const nameOf = (expression: Expression): string =>
  expression.kind === 'field' ? expression.field : expression.kind
