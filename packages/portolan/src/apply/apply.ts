import type { Runner } from '@portolan/core'
import { createRunner, defaultStateDirectory, type HostLockOptions } from '@portolan/host'
import type { Plan } from '../plan/plan.ts'
import { carryOut } from './apply-plan.ts'

/** @public @since 0.1.0 */
export interface ApplyOptions {
  readonly runner?: Runner
  /** Where old sysctl values are kept; `/var/lib/portolan` for root. */
  readonly stateDirectory?: string
  /** Called when another apply holds the host and this one waits. */
  readonly onWait?: HostLockOptions['onWait']
  readonly onProgress?: (sentence: string) => void
  /** The caller holds the host's lock (`withHostLock`), and made the plan under it. */
  readonly lockHeld?: boolean
}

/**
 * Carries out a plan. Atomic per part of the host: one nftables transaction, one iptables restore per family;
 * killed at any instant, the next plan goes on from where it was. A plan without changes does nothing.
 *
 * @throws StaleStateError when what is ours changed since the plan was made: plan again
 * @throws ApplyError when the kernel refuses; with its words, and what was applied before
 * @throws PermissionError naming the capability
 * @example
 * await apply(await plan(intent))
 * @public @since 0.1.0
 */
export const apply = async (plan: Plan, options: ApplyOptions = {}): Promise<void> => {
  if (plan.changes.length === 0) return
  await carryOut(plan, {
    runner: options.runner ?? createRunner(),
    stateDirectory: options.stateDirectory ?? defaultStateDirectory(),
    lockHeld: options.lockHeld ?? false,
    ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  })
}
