import { CniError, cniCodes } from '../cni-error.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import { openProject } from './open-project.ts'

/**
 * Can ADD be served here? The rules and what is wanted are read as ADD reads them.
 * @throws CniError 50 with the reason
 */
export const status = async (config: NetworkConfig): Promise<void> => {
  try {
    await using host = await openProject(config)
    host.networks()
  } catch (error) {
    throw new CniError(
      cniCodes.unavailable,
      `portolan-cni cannot serve ADD: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}
