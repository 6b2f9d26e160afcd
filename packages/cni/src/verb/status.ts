import { defaultStateDirectory } from '@portolan/host'
import { ledgerOf } from '../chain/ledger.ts'
import { asCniError, CniError, cniCodes } from '../cni-error.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import { openProject } from './open-project.ts'
import { refuseChange } from './refuse-change.ts'
import { requirePrograms } from './require-programs.ts'
import { requireWritable } from './require-writable.ts'
import { tellEnded } from './tell-ended.ts'
import { wantedNetwork } from './wanted-network.ts'

/** The programs that ADD starts inside the container's namespace. Opening the project starts the others. */
const programs = [
  ['nsenter', '--version'],
  ['ip', '-V'],
] as const

/**
 * Checks that ADD can be served here. The network is planned as in ADD, and nothing is changed.
 * @throws CniError 50 with the reason
 */
export const status = async (config: NetworkConfig): Promise<void> => {
  try {
    await using host = await openProject(config)
    requireWritable(config.stateDir ?? defaultStateDirectory())
    // Behind another plugin ADD makes no network and no interface. A call of STATUS does not say where this plugin
    // stands in the list, so recorded ports behind another plugin decide.
    if (ledgerOf(config).projects().length > 0) return
    await requirePrograms(programs)
    refuseChange(host, config)
    try {
      await host.checkNetwork(config.name, wantedNetwork(config))
    } catch (error) {
      throw await tellEnded(error, host, config)
    }
  } catch (error) {
    const { message, details } = asCniError(error)
    throw new CniError(cniCodes.unavailable, `portolan-cni cannot serve ADD: ${message}`, {
      details,
      cause: error,
    })
  }
}
