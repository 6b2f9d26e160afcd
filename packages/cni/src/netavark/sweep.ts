import { parseBridgeAlias, podmanProject } from '@portolan/core'
import { attachedEndpoints } from '@portolan/core/planning'
import { readNetworkFacts } from '@portolan/host'
import { attachmentsOf } from '../attachment/attachments-of.ts'
import type { LeasedHost } from '../attachment/open-leased.ts'

/**
 * Removes what no container uses any more: endpoints whose interface is gone with its namespace, as after a crash or a
 * boot of the host, and networks without endpoints. Podman does not report the removal of a network. So a network is
 * removed with its last container, like a bridge of netavark, and the next container makes it again with the subnet of
 * Podman's file.
 *
 * Podman makes one of these calls at a time and holds its lock meanwhile, so no container is half attached.
 *
 * @param called - the network of this call
 * @param isKept - true: a container is about to join that network
 */
export const sweep = async (opened: LeasedHost, called: string, isKept: boolean): Promise<void> => {
  const { host } = opened
  const facts = await readNetworkFacts()
  const isAttached = attachedEndpoints(facts)
  for (const { network, endpoint } of await attachmentsOf(opened, podmanProject)) {
    const holder = { project: podmanProject, service: endpoint, replica: 1 }
    if (!isAttached({ project: podmanProject, network }, holder)) await host.detach(endpoint, { network })
  }
  // A call that was killed while it removed a network may have left its bridge, or its rules without the bridge.
  const bridged = (facts.interfaces ?? []).flatMap((link) => {
    const mark = parseBridgeAlias(link.alias)
    return mark?.project === podmanProject ? [mark.network] : []
  })
  const inUse = new Set(host.endpoints().map(({ network }) => network))
  if (isKept) inUse.add(called)
  for (const name of new Set([called, ...bridged, ...host.networks().map((network) => network.name)]))
    if (!inUse.has(name)) await host.removeNetwork(name)
}
