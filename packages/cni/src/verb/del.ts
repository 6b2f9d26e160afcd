import { endpointName } from '../attachment/endpoint-name.ts'
import { chainedProject } from '../chain/behind-bridge.ts'
import { ledgerOf } from '../chain/ledger.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import type { CniRequest } from '../request/cni-request.ts'
import { chainedDel } from './chained-verbs.ts'
import { openProject } from './open-project.ts'

/**
 * Removes the interface, its ports and its addresses. A missing part is not an error, and the namespace is often gone.
 */
export const del = async (request: CniRequest, config: NetworkConfig): Promise<void> => {
  const project = chainedProject(request, config)
  if (ledgerOf(config).projects().includes(project)) return chainedDel(project, config)
  await using host = await openProject(config)
  const endpoint = endpointName(request)
  const isKnown = host.endpoints().some(({ service }) => service === endpoint)
  await host.detach(endpoint, { network: config.name })
  // Ports of a chained attachment may exist although no file records them any more.
  if (!isKnown) await chainedDel(project, config)
}
