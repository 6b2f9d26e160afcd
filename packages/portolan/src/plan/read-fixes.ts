import { defaultStateDirectory, type Fix, noFlows, type OwedFlows, readState } from '@portolan/host'
import { PermissionError } from '@portolan/netfilter'
import type { PlanOptions } from './plan-options.ts'

/**
 * Reads the fixes of earlier runs on this host, and the connections that they still have to forget. When rules are
 * given, the plan is for another host, of which nothing is known.
 *
 * @returns nothing, with the reason, when the state file may not be read
 * @throws PortolanError `STATE` when the state file is damaged
 * @internal
 */
export const readFixes = async ({
  rules,
  stateDirectory = defaultStateDirectory(),
}: Pick<PlanOptions, 'rules' | 'stateDirectory'>): Promise<{
  readonly fixes: readonly Fix[]
  readonly owed: OwedFlows
  /** The names of the sysctls that earlier runs set. */
  readonly setBefore?: readonly string[]
  readonly unread: readonly string[]
}> => {
  if (rules !== undefined) return { fixes: [], owed: noFlows, unread: [] }
  try {
    const { fixes, owed, sysctls } = await readState(stateDirectory)
    return { fixes, owed, setBefore: Object.keys(sysctls), unread: [] }
  } catch (error) {
    if (!(error instanceof PermissionError)) throw error
    return {
      fixes: [],
      owed: noFlows,
      unread: [
        `The record of what was set in other programs could not be read, so what is no longer needed there is not shown: ${error.message}`,
      ],
    }
  }
}
