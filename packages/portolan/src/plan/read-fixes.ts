import { defaultStateDirectory, type Fix, noFlows, type OwedFlows, readState } from '@portolan/host'
import { PermissionError } from '@portolan/netfilter'
import type { PlanOptions } from './plan-options.ts'

/**
 * What earlier runs asked of other programs on this host, and which connections they still have to forget; of another
 * host, whose rules are given, nothing is known.
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
  readonly owed: OwedFlows
  /** Names of the sysctls that they set. */
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
        `What was asked of other programs could not be read, so what is no longer needed of it is not shown: ${error.message}`,
      ],
    }
  }
}
