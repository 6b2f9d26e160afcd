import { podmanProject } from '@portolan/core'
import { attachedEndpoints } from '@portolan/core/planning'
import { readNetworkFacts } from '@portolan/host'
import type { LiveHost } from 'portolan'
import { isAttachment } from '../verb/endpoint-name.ts'

/**
 * Takes back what no container has any more: endpoints whose interface is gone with its namespace, as after a crash or
 * a boot of the host, and networks without endpoints. Podman tells of no removal of a network, so each goes with its last
 * container, as bridges of netavark do; the next container makes it again with the subnet of Podman's file.
 *
 * Podman does one of these calls at a time (its lock is held meanwhile), so no container is half attached.
 *
 * @param keep - the network that a container is about to come on
 */
export const sweep = async (host: LiveHost, keep: string | null): Promise<void> => {
  const isAttached = attachedEndpoints(await readNetworkFacts())
  for (const { network, service } of host.endpoints()) {
    if (!isAttachment(service)) continue
    const holder = { project: podmanProject, service, replica: 1 }
    if (!isAttached({ project: podmanProject, network }, holder)) await host.detach(service, { network })
  }
  const inUse = new Set([keep, ...host.endpoints().map(({ network }) => network)])
  for (const { name } of host.networks()) if (!inUse.has(name)) await host.removeNetwork(name)
}
