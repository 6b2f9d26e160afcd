import type { Runner } from '@portolan/core'
import { readHost } from '@portolan/host'
import { StaleStateError } from '@portolan/netfilter'
import { readRules } from '../host-rules/read-rules.ts'
import type { Plan } from '../plan/plan.ts'
import { isStale, type Observation } from './is-stale.ts'

/** What of a host says whether it is still as a plan saw it. */
export const observe = async (runner: Runner): Promise<Observation> => {
  const [facts, rules] = await Promise.all([readHost({ processNames: false }), readRules(runner, null)])
  return { facts, rules }
}

/** An apply that failed. */
export interface Failure {
  readonly error: unknown
  readonly observed: Plan['observed']
  /** Nothing had been done. */
  readonly isUntouched: boolean
  /** Takes back what was leased for it. */
  readonly giveBack: () => Promise<void>
}

/**
 * Gives back what a failed apply leased, unless something on the host may rest on it: a bridge that has the subnet, a
 * rule that leads to the address. So it is given back only when nothing of ours is other than it was; what was done
 * cannot be told from the error, for a program that is killed may have done its work before.
 */
export const giveBackUnused = async (
  { error, observed, isUntouched, giveBack }: Failure,
  runner: Runner,
): Promise<void> => {
  try {
    // Refused by the kernel because another program was quicker: then ours is other than it was, and not by us.
    const isRefused = isUntouched && error instanceof StaleStateError
    if (isRefused || isStale(observed, await observe(runner)) === null) await giveBack()
  } catch {
    // The error that led here is the one to tell, and what cannot be looked at stays leased.
  }
}
