import type { Conflict, LiveHost } from 'portolan'
import type { NetworkConfig } from '../config/network-config.ts'
import { blockedBy } from './blocked-by.ts'
import { defaultProject } from './open-project.ts'

/**
 * What stands in the way of the container's ports, or of the network, fails ADD; other containers' conflicts are theirs.
 * @throws CniError 101
 */
export const refuseConflicts = async (
  host: LiveHost,
  config: NetworkConfig,
  endpoint: string,
  warn: (text: string) => void,
): Promise<void> => {
  const { conflicts } = await host.status()
  const { name, project = defaultProject } = config
  const blocking = (conflicts ?? []).filter(
    (conflict) =>
      conflict.severity === 'error' && conflict.project === project && isOf(conflict, name, endpoint),
  )
  blockedBy(blocking, config, warn)
}

/** A conflict of the whole host is every container's. */
const isOf = (conflict: Conflict, network: string, endpoint: string): boolean =>
  conflict.mapping === null
    ? conflict.network === null || conflict.network === network
    : conflict.published.targets.some((one) => one.service === endpoint && one.network === network)
