import type { Element } from './element.ts'
import type { Expression } from './expression.ts'

/**
 * A text that two expressions share exactly when they are the same. Keys of our maps are short concatenations
 * of scalars, and a map may have ten thousand of them: those take the short way.
 */
export const identity = (expression: Expression): string => {
  if (expression.kind === 'text') return `'${expression.text}`
  if (expression.kind === 'number') return `#${expression.value}`
  if (expression.kind !== 'concat') return JSON.stringify(expression)
  let joined = ''
  for (const part of expression.parts) joined += ` ${identity(part)}`
  return joined
}

/** As `identity`, of what an element maps to and carries. */
export const elementValue = (element: Element): string => {
  const data = element.data === null ? '' : identity(element.data)
  const attributes = element.attributes === null ? '' : JSON.stringify(element.attributes)
  return `${data}\n${element.comment ?? ''}\n${attributes}`
}
