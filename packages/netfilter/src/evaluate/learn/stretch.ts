/**
 * The notes of a learner about checks, for the rules that it watches or takes for absent (the sought rules). A check is
 * a chain that can do nothing to a packet but end its path. Most conditions come from checks. A packet that fails a
 * check takes no other path, only a shorter one.
 */
export interface Checks {
  readonly passed: Stretch[]
  /** Whether the packet passed each chain with sought rules that it came to, and each of these was a check. */
  isSoughtPassed: boolean
}

/**
 * Conditions from one place on up to another.
 * - `sought`: of a passed check with sought rules.
 * - `other`: of any other passed check.
 * - `after`: of the packets after one that comes to no sought rule any more.
 */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly kind: 'sought' | 'other' | 'after'
}

/** The notes before a packet is followed. */
export const noChecks = (): Checks => ({ passed: [], isSoughtPassed: true })
