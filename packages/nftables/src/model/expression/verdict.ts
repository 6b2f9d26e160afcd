/**
 * A verdict says where a packet goes next. It is a statement of a rule, or the data of a verdict map.
 * @public @since 0.1.0
 */
export type Verdict = PlainVerdict | ChainVerdict

/** @public @since 0.1.0 */
export interface PlainVerdict {
  readonly kind: 'accept' | 'drop' | 'continue' | 'return'
}

/** @public @since 0.1.0 */
export interface ChainVerdict {
  readonly kind: 'jump' | 'goto'
  readonly target: string
}

export const accept: PlainVerdict = { kind: 'accept' }
export const drop: PlainVerdict = { kind: 'drop' }
export const returns: PlainVerdict = { kind: 'return' }
export const goto = (target: string): ChainVerdict => ({ kind: 'goto', target })
export const jump = (target: string): ChainVerdict => ({ kind: 'jump', target })
