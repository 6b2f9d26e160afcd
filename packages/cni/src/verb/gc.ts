import { attachmentsOf } from '../attachment/attachments-of.ts'
import { nameOf } from '../attachment/endpoint-name.ts'
import { openLeased } from '../attachment/open-leased.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import { chainedGc } from './chained-verbs.ts'
import { projectName, projectOptions } from './open-project.ts'

/**
 * Removes every attachment of the network that the runtime does not name. A failed removal does not stop the others.
 * @throws the first error, after all were tried
 */
export const gc = async (config: NetworkConfig): Promise<void> => {
  const valid = new Set(
    (config['cni.dev/valid-attachments'] ?? []).map(({ containerID, ifname }) => nameOf(containerID, ifname)),
  )
  await using opened = await openLeased(projectOptions(config))
  const failures: unknown[] = [...(await chainedGc(config))]
  for (const { endpoint, network } of await attachmentsOf(opened, projectName(config))) {
    if (network !== config.name || valid.has(endpoint)) continue
    try {
      await opened.host.detach(endpoint, { network })
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
