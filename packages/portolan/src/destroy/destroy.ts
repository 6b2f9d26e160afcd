import type { Runner } from '@portolan/core'
import { createRunner, defaultStateDirectory, emptyState, readHost, readState } from '@portolan/host'
import type { ApplyOptions } from '../apply/apply.ts'
import { carryOut } from '../apply/apply-plan.ts'
import { readRules } from '../host-rules/read-rules.ts'
import { planRemoval, type Removal } from './plan-removal.ts'

/** @public @since 0.1.0 */
export interface DestroyOptions extends ApplyOptions {
  /** One project; absent: all that is ours on this host. */
  readonly project?: string
}

/**
 * Plans the removal of what is ours from this host, without an intent. Changes nothing.
 * @public @since 0.1.0
 */
export const planDestroy = async (options: DestroyOptions = {}): Promise<Removal> => {
  const runner = options.runner ?? createRunner()
  const [facts, rules, state] = await Promise.all([
    readHost({ processNames: false }),
    readRules(runner, null),
    readState(options.stateDirectory ?? defaultStateDirectory()),
  ])
  return planRemoval({ facts, rules, state, project: options.project ?? null })
}

/**
 * Removes what is ours: rules in every backend, bridges (their ports are released, not deleted), and, when nothing
 * of ours stays, the sysctls and iptables-nft tables we brought into being. Nobody else's rule is touched.
 *
 * @param removal - what `planDestroy` found; absent: planned now
 * @throws StaleStateError, ApplyError, PermissionError as `apply` does
 * @example
 * await destroy()
 * @public @since 0.1.0
 */
export const destroy = async (options: DestroyOptions = {}, removal?: Removal): Promise<Removal> => {
  const planned = removal ?? (await planDestroy(options))
  const runner: Runner = options.runner ?? createRunner()
  const stateDirectory = options.stateDirectory ?? defaultStateDirectory()
  const state = await readState(stateDirectory)
  if (planned.changes.length === 0 && (!planned.complete || state === emptyState)) return planned
  await carryOut(
    planned,
    {
      runner,
      stateDirectory,
      ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    },
    async (memory) => {
      if (!planned.complete) return
      await memory.removeCreated(runner)
      await memory.replace(emptyState)
    },
  )
  return planned
}
