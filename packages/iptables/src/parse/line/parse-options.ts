/**
 * A match or a target that is not understood, and its place in the text.
 * @public @since 0.1.0
 */
export interface UnknownPart {
  readonly kind: 'match' | 'target'
  /** The module after `-m` or the target after `-j`; of a condition of iptables itself, `source` or the like. */
  readonly name: string
  /** The whole of it as it stands: `-m nope --nope 3`. */
  readonly text: string
  /** Counts from 1. */
  readonly line: number
  /** Counts from 1. */
  readonly column: number
}

/**
 * What `parse` may be given.
 * @public @since 0.1.0
 */
export interface ParseOptions {
  /** Is called for each match and target that is kept as it stands. A caller that wants no such rule throws. */
  readonly onUnknown?: (part: UnknownPart) => void
}
