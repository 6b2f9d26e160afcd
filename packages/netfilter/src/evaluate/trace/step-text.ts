import type { ElementTable, Expression, Step, Verdict } from '../../model/index.ts'

/** A text that is equal for equal steps. All notes have one text, since a note decides nothing. */
export const stepText = (step: Step): string => {
  if (step.kind === 'note') return 'note'
  if (step.kind === 'verdict') return verdictText(step.verdict)
  if (step.kind !== 'compare' || step.values.kind === 'any') return textOf(step)
  // Most steps of most rules are comparisons, so these have a faster way.
  let text = `${expressionText(step.expression)}${step.negated ? ' not' : ''}`
  if (step.values.kind === 'names') {
    text += ' named'
    for (const { text: name, wildcard } of step.values.names) text += ` ${JSON.stringify(name)} ${wildcard}`
  } else for (const { first, last } of step.values.ranges) text += ` ${typeof first} ${first} ${last}`
  return text
}

const verdictText = (verdict: Verdict): string =>
  'chain' in verdict ? `${verdict.kind} ${verdict.chain}` : verdict.kind

/** A text that is equal for equal expressions. */
export const expressionText = (expression: Expression): string => {
  if (expression.kind !== 'field') return textOf(expression)
  const { field, family, protocols } = expression
  return `${field} ${family} ${protocols}`
}

/** A text that is equal for equal values of the model. */
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

/** The number of named sets that have a text. */
let named = 0

/**
 * The text of a named set is a number: the set may have a hundred thousand elements, and its rules share one object.
 */
const tableText = (table: ElementTable): string => {
  const known = tables.get(table)
  if (known !== undefined) return known
  named += 1
  const made = `table ${named}`
  tables.set(table, made)
  return made
}
