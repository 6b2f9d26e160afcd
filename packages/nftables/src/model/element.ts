import type { Expression } from './expression.ts'
import type { JsonObject } from './json.ts'

/**
 * One element of a set, or of a map when it has data.
 * @public @since 0.1.0
 */
export interface Element {
  readonly key: Expression
  readonly data: Expression | null
  readonly comment: string | null
  /** Attributes of the element that are neither key nor comment (timeout, expires, counter), verbatim. */
  readonly attributes: JsonObject | null
}

/** An element without attributes of its own. */
export const element = (
  key: Expression,
  data: Expression | null = null,
  comment: string | null = null,
): Element => ({ key, data, comment, attributes: null })
