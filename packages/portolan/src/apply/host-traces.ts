import type { CreatedTable, Runner } from '@portolan/core'
import { type Backend, backends } from '../backend/backend.ts'
import { dialects } from '../backend/dialects.ts'
import { changesOf } from '../plan/changes-of.ts'
import type { PlanChange } from '../plan/plan.ts'

/**
 * The tables that the changes of a plan will create beside the rules themselves.
 * @internal
 */
export const tablesToCreate = async (
  changes: readonly PlanChange[],
  runner: Runner,
): Promise<readonly CreatedTable[]> => {
  const created: CreatedTable[] = []
  for (const backend of backends) created.push(...(await tablesToCreateIn(backend, changes, runner)))
  return created
}

const tablesToCreateIn = async <One extends Backend>(
  backend: One,
  changes: readonly PlanChange[],
  runner: Runner,
): Promise<readonly CreatedTable[]> => {
  const own = changesOf(changes, backend)
  return own.length === 0 ? [] : ((await dialects[backend].traces?.foresee(own, runner)) ?? [])
}

/**
 * Removes the noted tables.
 * @returns false when the notes must be kept
 * @internal
 */
export const removeTraces = async (created: readonly CreatedTable[], runner: Runner): Promise<boolean> => {
  // The notes name no dialect, because only one dialect writes any.
  const all = await Promise.all(backends.map((backend) => dialects[backend].traces?.remove(created, runner)))
  return all.every((isDone) => isDone !== false)
}
