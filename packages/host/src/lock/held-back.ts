import { readBesideWatches, writeBesideWatch } from './beside-watch.ts'
import type { LockHolder } from './lock-holder.ts'

/**
 * A process that keeps holding a project's former state because it cannot take the newer one, with the reason.
 * @public @since 0.1.0
 */
export interface HeldBack {
  readonly project: string
  readonly process: LockHolder
  readonly code: string
  readonly message: string
}

/**
 * Records why this process, which holds a project, does not take a newer state of it. The record counts until the
 * process takes one or ends.
 *
 * @param why - null: nothing is held back any more
 * @example
 * noteHeldBack('/var/lib/portolan', 'shop', null)
 * @public @since 0.1.0
 */
export const noteHeldBack = (
  stateDirectory: string,
  project: string,
  why: Pick<HeldBack, 'code' | 'message'> | null,
): void => {
  writeBesideWatch(
    stateDirectory,
    project,
    suffix,
    why === null ? null : { code: why.code, message: why.message },
  )
}

const suffix = 'held-back.json'

/**
 * Reads why the processes that hold projects of this network namespace do not take a newer state, as `noteHeldBack`
 * recorded it.
 *
 * @param project - null: every project
 * @throws PortolanError `LOCK`, `STATE`, PermissionError, MissingToolError
 * @example
 * for (const { message } of await heldBackNow('/var/lib/portolan', 'shop')) console.log(message)
 * @public @since 0.1.0
 */
export const heldBackNow = async (
  stateDirectory: string,
  project: string | null,
): Promise<readonly HeldBack[]> => {
  const found = await readBesideWatches<Partial<HeldBack>>(stateDirectory, project, suffix)
  return found.flatMap(({ watcher, value: { code, message } }) =>
    code === undefined || message === undefined ? [] : [{ ...watcher, code, message }],
  )
}
