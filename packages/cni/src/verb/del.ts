import type { NetworkConfig } from '../config/network-config.ts'
import type { CniRequest } from '../request/cni-request.ts'
import { endpointName } from './endpoint-name.ts'
import { openProject } from './open-project.ts'

/** Takes the interface, its ports and its addresses back. What is gone already is no error, the namespace least of all. */
export const del = async (request: CniRequest, config: NetworkConfig): Promise<void> => {
  await using host = await openProject(config)
  await host.detach(endpointName(request), { network: config.name })
}
