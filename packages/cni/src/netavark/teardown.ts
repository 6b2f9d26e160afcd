import { messageFor } from '@portolan/netfilter'
import type { LiveHost } from 'portolan'
import { driverOptions } from './driver-options.ts'
import { familiesOnNetwork } from './port-families.ts'
import type { ContainerCall } from './read-input.ts'
import { endpointOf, openProject } from './setup.ts'
import { sweep } from './sweep.ts'
import { wantedPorts } from './wanted-ports.ts'
import { wording } from './wording.ts'

/**
 * Removes the interface, its ports and its addresses, and with the last container the network. A missing part is not an
 * error.
 */
export const teardown = async (call: ContainerCall, warn: (text: string) => void): Promise<void> => {
  await using opened = await openProject(driverOptions(call.network))
  const { host } = opened
  const { name } = call.network
  await host.detach(endpointOf(call), { network: name })
  await sweep(opened, name, false)
  try {
    await movePorts(host, call)
  } catch (error) {
    // The container leaves this network in any case.
    warn(
      `The ports of ${call.container_name ?? endpointOf(call)} are no longer published: ${messageFor(error, wording)}`,
    )
  }
}

/** Publishes the ports of a container that stays on other networks there, as far as those networks allow. */
const movePorts = async (host: LiveHost, call: ContainerCall): Promise<void> => {
  if ((call.port_mappings ?? []).length === 0) return
  const id = `${call.container_id.slice(0, 12)}@`
  for (const { service, network: on } of host.endpoints().filter((one) => one.service.startsWith(id))) {
    const network = host.networks().find(({ name }) => name === on)
    if (network === undefined || network.internal) continue
    const moved = { ...call, network: { ...call.network, name: on } }
    const requests = wantedPorts(moved, service, familiesOnNetwork(host, call.container_id, on))
    if (requests.length > 0) await host.publish(requests)
  }
}
