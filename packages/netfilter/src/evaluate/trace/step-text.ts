import type { ElementTable, Expression, Step, Verdict } from '../../model/index.ts'

/** A step in words that are the same for steps that are the same through and through. Of a note nothing matters. */
export const stepText = (step: Step): string => {
  if (step.kind === 'note') return 'note'
  if (step.kind === 'verdict') return verdictText(step.verdict)
  if (step.kind !== 'compare' || step.values.kind === 'any') return textOf(step)
  // Most steps of most rules.
  let text = `${expressionText(step.expression)}${step.negated ? ' not' : ''}`
  if (step.values.kind === 'names') {
    text += ' named'
    for (const { text: name, wildcard } of step.values.names) text += ` ${JSON.stringify(name)} ${wildcard}`
  } else for (const { first, last } of step.values.ranges) text += ` ${typeof first} ${first} ${last}`
  return text
}

const verdictText = (verdict: Verdict): string =>
  'chain' in verdict ? `${verdict.kind} ${verdict.chain}` : verdict.kind

/** The same of what is asked for. */
export const expressionText = (expression: Expression): string => {
  if (expression.kind !== 'field') return textOf(expression)
  const { field, family, protocols } = expression
  return `${field} ${family} ${protocols}`
}

/** A value of the model in words that are the same for values that are the same through and through. */
const textOf = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return `${typeof value} ${value}`
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`
  if (isNamedTable(value)) return tableText(value)
  const entries = Object.entries(value).map(([key, one]) => `${key}:${textOf(one)}`)
  return `{${entries.sort().join()}}`
}

const isNamedTable = (value: object): value is ElementTable =>
  'elements' in value && 'name' in value && value.name !== null

const tables = new WeakMap<ElementTable, string>()

/** So many named sets have a text. */
let named = 0

/** A named set may have a hundred thousand elements, and rules that use it share the one object. */
const tableText = (table: ElementTable): string => {
  const known = tables.get(table)
  if (known !== undefined) return known
  named += 1
  const made = `table ${named}`
  tables.set(table, made)
  return made
}
