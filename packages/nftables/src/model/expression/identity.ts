import type { Element, Expression } from './expression.ts'

/**
 * A text that is equal for two expressions exactly when they are the same. Keys of our maps are short concatenations of
 * scalars, and a map may have ten thousand, so such keys skip JSON.
 */
export const identity = (expression: Expression): string => {
  if (expression.kind === 'text') return `'${expression.text}`
  if (expression.kind === 'number') return `#${expression.value}`
  if (expression.kind !== 'concat') return JSON.stringify(expression)
  let joined = ''
  for (const part of expression.parts) joined += ` ${identity(part)}`
  return joined
}

/** Are two expressions the same? For the kinds that our maps hold no text is made. */
const isSame = (a: Expression, b: Expression): boolean => {
  if (a === b) return true
  if (a.kind === 'text') return b.kind === 'text' && a.text === b.text
  if (a.kind === 'number') return b.kind === 'number' && a.value === b.value
  if (a.kind !== 'concat' || b.kind !== 'concat') return identity(a) === identity(b)
  return a.parts.length === b.parts.length && a.parts.every((part, at) => isSamePart(part, b.parts[at]))
}

const isSamePart = (a: Expression, b: Expression | undefined): boolean => b !== undefined && isSame(a, b)

/**
 * The last two expressions found to be the same. Most elements of a map lead to one container, which is then compared
 * once.
 */
let alike: { readonly a: Expression; readonly b: Expression } | null = null

const isSameData = (a: Expression, b: Expression): boolean => {
  if (alike !== null && alike.a === a && alike.b === b) return true
  if (!isSame(a, b)) return false
  alike = { a, b }
  return true
}

/** Do two elements with one key have the same data, comment and attributes? */
export const isSameValue = (a: Element, b: Element): boolean => {
  if (a.comment !== b.comment) return false
  if (a.data === null || b.data === null ? a.data !== b.data : !isSameData(a.data, b.data)) return false
  const isPlain = a.attributes === null || b.attributes === null
  return isPlain
    ? a.attributes === b.attributes
    : JSON.stringify(a.attributes) === JSON.stringify(b.attributes)
}
