import { PermissionError } from '@portolan/core'
import { defaultStateDirectory, type Fix, readState } from '@portolan/host'
import type { PlanOptions } from './plan-intent.ts'

/**
 * What earlier applies asked of other programs on this host; of another host, whose rules are given, nothing is known.
 *
 * @returns none where they may not be read, with the reason
 * @throws PortolanError `STATE` when the state file is damaged
 * @internal
 */
export const readFixes = async ({
  rules,
  stateDirectory = defaultStateDirectory(),
}: Pick<PlanOptions, 'rules' | 'stateDirectory'>): Promise<{
  readonly fixes: readonly Fix[]
  readonly unread: readonly string[]
}> => {
  if (rules !== undefined) return { fixes: [], unread: [] }
  try {
    return { fixes: (await readState(stateDirectory)).fixes, unread: [] }
  } catch (error) {
    if (!(error instanceof PermissionError)) throw error
    return {
      fixes: [],
      unread: [
        `What was asked of other programs could not be read, so what is no longer needed of it is not shown: ${error.message}`,
      ],
    }
  }
}
