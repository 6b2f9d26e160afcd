import { attachedEndpoints } from '@portolan/core/planning'
import { readNetworkFacts } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import type { LiveHost } from 'portolan'
import { CniError, cniCodes } from '../cni-error.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import { projectName } from './open-project.ts'
import { wording } from './wording.ts'

/**
 * Adds to the error of a full subnet which attachments have an address and no interface. Their containers have ended
 * without DEL, or are just starting, and only the runtime knows which. So the plugin does not take the addresses back.
 */
export const tellEnded = async (thrown: unknown, host: LiveHost, config: NetworkConfig): Promise<unknown> => {
  if (!(thrown instanceof PortolanError && thrown.code === 'SUBNET_EXHAUSTED')) return thrown
  const project = projectName(config)
  const on = { project, network: config.name }
  const isAttached = attachedEndpoints(await readNetworkFacts())
  const names = host
    .endpoints()
    .filter(
      ({ network, service }) => network === config.name && !isAttached(on, { project, service, replica: 1 }),
    )
    .map(({ service }) => service)
  if (names.length === 0) return thrown
  const [shown, rest] = [names.slice(0, 5).join(', '), names.length - 5]
  return new CniError(cniCodes.failed, thrown.problem, {
    details: `${thrown.remedy(wording)}\n${names.length === 1 ? 'One attachment has' : `${names.length} attachments have`} an address and no interface on this host: ${shown}${rest > 0 ? ` and ${rest} more` : ''}. If the container has ended, DEL or GC of the runtime frees the address.`,
    cause: thrown,
  })
}
