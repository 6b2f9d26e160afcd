import { defaultStateDirectory } from '@portolan/host'
import { ledgerOf } from '../chain/ledger.ts'
import { asCniError, CniError, cniCodes } from '../cni-error.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import { openProject } from './open-project.ts'
import { refuseChange } from './refuse-change.ts'
import { requirePrograms } from './require-programs.ts'
import { requireWritable } from './require-writable.ts'
import { wantedNetwork } from './wanted-network.ts'

/** What ADD starts inside the container's namespace; the others are started as the project is opened. */
const programs = [
  ['nsenter', '--version'],
  ['ip', '-V'],
] as const

/**
 * Can ADD be served here? The network is planned as ADD plans it, and nothing is changed.
 * @throws CniError 50 with the reason
 */
export const status = async (config: NetworkConfig): Promise<void> => {
  try {
    await using host = await openProject(config)
    requireWritable(config.stateDir ?? defaultStateDirectory())
    // Behind another plugin ADD makes no network and no interface. A call of STATUS does not say where in the list it is.
    if (ledgerOf(config).projects().length > 0) return
    await requirePrograms(programs)
    refuseChange(host, config)
    await host.checkNetwork(config.name, wantedNetwork(config))
  } catch (error) {
    const { message, details } = asCniError(error)
    throw new CniError(cniCodes.unavailable, `portolan-cni cannot serve ADD: ${message}`, {
      details,
      cause: error,
    })
  }
}
