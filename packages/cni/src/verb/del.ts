import { chainedProject } from '../chain/behind-bridge.ts'
import { chainedDel } from '../chain/chained-verbs.ts'
import { ledgerOf } from '../chain/ledger.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import type { CniRequest } from '../request/cni-request.ts'
import { endpointName } from './endpoint-name.ts'
import { openProject } from './open-project.ts'

/** Takes the interface, its ports and its addresses back. What is gone already is no error, the namespace least of all. */
export const del = async (request: CniRequest, config: NetworkConfig): Promise<void> => {
  const project = chainedProject(request, config)
  if (ledgerOf(config).projects().includes(project)) return chainedDel(project, config)
  await using host = await openProject(config)
  const endpoint = endpointName(request)
  const isKnown = host.endpoints().some(({ service }) => service === endpoint)
  await host.detach(endpoint, { network: config.name })
  // Its ports may be there though they are written down nowhere any more.
  if (!isKnown) await chainedDel(project, config)
}
