import type { Element, Expression } from './expression.ts'

/** Makes an element without attributes of its own. */
export const element = (
  key: Expression,
  data: Expression | null = null,
  comment: string | null = null,
): Element => ({ key, data, comment, attributes: null })
