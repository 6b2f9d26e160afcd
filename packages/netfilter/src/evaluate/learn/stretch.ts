/**
 * What a learner notes for the rules that it watches or takes for absent, the sought rules. Most of what a way hung on
 * are checks, which can do nothing to a packet but end it. A packet that fails one goes no other way: it goes less far.
 */
export interface Checks {
  readonly passed: Stretch[]
  /** The packet passed each chain with sought rules that it came to, and each of them was a check. */
  isSoughtPassed: boolean
}

/**
 * Conditions from one place on up to another.
 * - `sought`: of a check with sought rules, which was passed.
 * - `other`: of any other check that was passed.
 * - `after`: of what comes after a packet that comes to no sought rule from there on.
 */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly kind: 'sought' | 'other' | 'after'
}

/** Before a packet is followed. */
export const noChecks = (): Checks => ({ passed: [], isSoughtPassed: true })
