import type { Runner } from '@portolan/core'
import { readHost } from '@portolan/host'
import { StaleStateError } from '@portolan/netfilter'
import { readRules } from '../host-rules/read-rules.ts'
import type { Plan } from '../plan/plan.ts'
import { isStale, type Observation } from './is-stale.ts'

/** Reads the facts and rules that tell whether a host is still as a plan saw it. */
export const observe = async (runner: Runner): Promise<Observation> => {
  const [facts, rules] = await Promise.all([readHost({ processNames: false }), readRules(runner, null)])
  return { facts, rules }
}

/** An apply that failed, and what is needed to give its leases back. */
export interface Failure {
  readonly error: unknown
  readonly observed: Plan['observed']
  /** No change had been carried out. */
  readonly isUntouched: boolean
  /** Gives back the leases that this apply took. */
  readonly giveBack: () => Promise<void>
}

/**
 * Gives back the leases of a failed apply, unless something on the host may use them: a bridge with the subnet, or a
 * rule to the address. So the leases go back only when the managed state is unchanged. The error alone does not tell: a
 * killed program may have done its work.
 */
export const giveBackUnused = async (
  { error, observed, isUntouched, giveBack }: Failure,
  runner: Runner,
): Promise<void> => {
  try {
    // The kernel refused because another program was quicker. The managed state then differs, but not through this
    // apply.
    const isRefused = isUntouched && error instanceof StaleStateError
    if (isRefused || isStale(observed, await observe(runner)) === null) await giveBack()
  } catch {
    // The error of the apply is the one to report. When the host cannot be read, the leases stay.
  }
}
