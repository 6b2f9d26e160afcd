import { messageFor } from '@portolan/netfilter'
import type { LiveHost } from 'portolan'
import { driverOptions } from './driver-options.ts'
import type { ContainerCall } from './read-input.ts'
import { arePublished, endpointOf, openProject } from './setup.ts'
import { sweep } from './sweep.ts'
import { wantedPorts } from './wanted-ports.ts'
import { wording } from './wording.ts'

/** Takes the interface, its ports and its addresses back, and the network with its last container. What is gone is no error. */
export const teardown = async (call: ContainerCall, warn: (text: string) => void): Promise<void> => {
  await using opened = await openProject(driverOptions(call.network))
  const { host } = opened
  const { name } = call.network
  await host.detach(endpointOf(call), { network: name })
  await sweep(opened, name, false)
  try {
    await movePorts(host, call)
  } catch (error) {
    // The container leaves this network all the same.
    warn(
      `The ports of ${call.container_name ?? endpointOf(call)} are no longer published: ${messageFor(error, wording)}`,
    )
  }
}

/** The ports of a container that stays on another network lead there from now on, those that it can have there. */
const movePorts = async (host: LiveHost, call: ContainerCall): Promise<void> => {
  if ((call.port_mappings ?? []).length === 0 || arePublished(host, call)) return
  const id = `${call.container_id.slice(0, 12)}@`
  for (const { service, network: on } of host.endpoints().filter((one) => one.service.startsWith(id))) {
    const network = host.networks().find(({ name }) => name === on)
    if (network === undefined || network.internal) continue
    const canBeThere = ({ host_ip: address = '' }: { readonly host_ip?: string }): boolean =>
      address === '' || network[address.includes(':') ? 'ip6' : 'ip'] !== null
    const ports = (call.port_mappings ?? []).filter(canBeThere)
    await host.publish(
      wantedPorts({ ...call, port_mappings: ports, network: { ...call.network, name: on } }, service),
    )
    return
  }
}
