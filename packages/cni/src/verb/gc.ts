import { chainedGc } from '../chain/chained-verbs.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import { isAttachment, nameOf } from './endpoint-name.ts'
import { openProject } from './open-project.ts'

/**
 * Takes back every attachment of the network that the runtime does not name. One that cannot be taken back stops none of
 * the others.
 * @throws the first error, after all were tried
 */
export const gc = async (config: NetworkConfig): Promise<void> => {
  const valid = new Set(
    (config['cni.dev/valid-attachments'] ?? []).map(({ containerID, ifname }) => nameOf(containerID, ifname)),
  )
  await using host = await openProject(config)
  const failures: unknown[] = [...(await chainedGc(config))]
  for (const { service, network } of host.endpoints()) {
    if (network !== config.name || valid.has(service) || !isAttachment(service)) continue
    try {
      await host.detach(service, { network })
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
