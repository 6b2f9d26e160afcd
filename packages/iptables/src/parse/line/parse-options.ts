/**
 * A match or a target that is not understood, with its place in the text.
 * @public @since 0.1.0
 */
export interface UnknownPart {
  readonly kind: 'match' | 'target'
  /** The module after `-m` or the target after `-j`. For a condition of iptables itself: `source` or the like. */
  readonly name: string
  /** The whole part as written: `-m nope --nope 3`. */
  readonly text: string
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1. */
  readonly column: number
}

/**
 * Options of `parse`.
 * @public @since 0.1.0
 */
export interface ParseOptions {
  /** Is called for each match and target that is kept as written. It may throw to refuse such a rule. */
  readonly onUnknown?: (part: UnknownPart) => void
}
