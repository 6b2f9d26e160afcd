import { leasedSubnets, podmanProject } from '@portolan/core'
import { defaultStateDirectory } from '@portolan/host'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { macValue } from '@portolan/netfilter/schema'
import { type AttachRequest, type Conflict, type LiveHost, type PublishRequest, readConfig } from 'portolan'
import { attachContainer } from '../attachment/attach-container.ts'
import { conflictWords } from '../attachment/conflict-words.ts'
import { nameOf } from '../attachment/endpoint-name.ts'
import { type LeasedHost, openLeased } from '../attachment/open-leased.ts'
import { warnUnchecked } from '../attachment/warn-unchecked.ts'
import { isOfPlugin } from '../verb/open-project.ts'
import { type DriverOptions, driverOptions } from './driver-options.ts'
import { familiesOnNetwork } from './port-families.ts'
import type { ContainerCall } from './read-input.ts'
import { refuseLost } from './refuse-lost.ts'
import { type StatusBlock, statusBlock } from './status-block.ts'
import { sweep } from './sweep.ts'
import { wantedNetwork } from './wanted-network.ts'
import { portsWithoutWay, wantedPorts } from './wanted-ports.ts'
import { wording } from './wording.ts'

export const openProject = ({ backend }: DriverOptions): Promise<LeasedHost> =>
  openLeased({ project: podmanProject, backend, config: readConfig(), wording, takesUp: isOfPlugin })

/** The name of a container's endpoint. Podman also shows the first twelve digits of an id. */
export const endpointOf = ({
  container_id: id,
  network_options: { interface_name: name },
}: ContainerCall): string => nameOf(id.slice(0, 12), name)

/**
 * Creates the network if it is absent, gives the container its interface and publishes its ports, all of it or nothing.
 * @param netns - the path of the container's network namespace
 */
export const setup = async (
  call: ContainerCall,
  netns: string,
  warn: (text: string) => void,
): Promise<StatusBlock> => {
  const options = driverOptions(call.network)
  refuseUnknown(call)
  await using opened = await openProject(options)
  const { host } = opened
  const { name } = call.network
  const endpoint = endpointOf(call)
  // Podman sets a container up once. So this endpoint is left from a call that was killed, or that no teardown
  // followed.
  if (host.endpoints().some((one) => one.service === endpoint && one.network === name))
    await host.detach(endpoint, { network: name })
  await sweep(opened, name, await isAsWritten(opened, call))
  await refuseLost(host, call.network)
  try {
    const network = await host.ensureNetwork(name, wantedNetwork(call.network, options))
    const attached = await attachContainer(host, {
      project: podmanProject,
      request: requestOf(call, netns, endpoint, options),
      ports: portsOf(host, call, endpoint, warn),
      conflicts: options.conflicts,
      checkConflicts: (conflicts) => checkConflicts(conflicts, call, options, warn),
    })
    await warnUnchecked(network, defaultStateDirectory(), warn)
    return statusBlock(call.network, network, attached)
  } catch (error) {
    await sweep(opened, name, false)
    throw error
  }
}

/**
 * Does the existing network match Podman's file? A network with another subnet is left from one that Podman has
 * removed. A network whose subnet is not leased is left from a call that was killed while it removed the network.
 */
const isAsWritten = async ({ host, leases }: LeasedHost, { network }: ContainerCall): Promise<boolean> => {
  const known = host.networks().find(({ name }) => name === network.name)
  const written = new Set((network.subnets ?? []).map(({ subnet }) => subnet))
  const has = [known?.ip?.subnet, known?.ip6?.subnet].filter((one) => one !== undefined)
  const leased = new Set(
    leasedSubnets(await leases.read())
      .filter((lease) => lease.project === podmanProject && lease.network === network.name)
      .map(({ subnet }) => subnet),
  )
  return has.length === written.size && has.every((subnet) => written.has(subnet) && leased.has(subnet))
}

const refuseUnknown = ({ network_options: { options, static_mac: mac } }: ContainerCall): void => {
  if (mac && !macValue.holds(mac))
    throw new InvalidRequestError(`--mac-address ${JSON.stringify(mac)}: expected ${macValue.expected}.`)
  const [name] = Object.keys(options ?? {})
  if (name !== undefined)
    throw new InvalidRequestError(
      `--network with ${name}=${options?.[name]}: the driver portolan has no such option of a container.`,
    )
}

const requestOf = (
  { network, network_options: wanted }: ContainerCall,
  netns: string,
  endpoint: string,
  { mtu, metric, defaultRoute }: DriverOptions,
): AttachRequest => {
  const addresses = wanted.static_ips ?? []
  const address = addresses.find((text) => !text.includes(':'))
  const address6 = addresses.find((text) => text.includes(':'))
  return {
    network: network.name,
    endpoint,
    netns: { path: netns },
    interface: wanted.interface_name,
    ...(address === undefined ? {} : { address }),
    ...(address6 === undefined ? {} : { address6 }),
    ...(wanted.static_mac ? { mac: wanted.static_mac } : {}),
    ...(mtu === undefined ? {} : { mtu }),
    ...(metric === undefined ? {} : { metric }),
    defaultRoute,
  }
}

/**
 * The ports to publish on this network. Netavark passes the ports of a container once for each of its networks. For
 * each family, the first network with a way out gets them.
 */
const portsOf = (
  host: LiveHost,
  call: ContainerCall,
  endpoint: string,
  warn: (text: string) => void,
): readonly PublishRequest[] => {
  const { name, internal } = call.network
  const container = call.container_name ?? endpoint
  const on = familiesOnNetwork(host, call.container_id, name)
  const ports = wantedPorts(call, endpoint, on)
  if (internal === true) {
    if (ports.length > 0)
      warn(`The network ${name} is internal, so the ports of ${container} are not published on it.`)
    return []
  }
  for (const { host_ip: address = '', host_port: port } of portsWithoutWay(call, on)) {
    const family = address.includes(':') ? 'IPv6' : 'IPv4'
    warn(
      `The port ${port} of ${container} on ${address} is not published on ${name}, which has no ${family}. A network with ${family} that the container joins later publishes it.`,
    )
  }
  return ports
}

const checkConflicts = (
  conflicts: readonly Conflict[],
  call: ContainerCall,
  { conflicts: policy }: DriverOptions,
  warn: (text: string) => void,
): void => {
  if (conflicts.length === 0) return
  const words = conflicts.map(conflictWords)
  if (policy === 'warn') {
    warn(words.map(({ message, remedy }) => `${message} ${remedy}`).join('\n'))
    return
  }
  throw new PortolanError('CONFLICTS', {
    problem: words.map(({ message }) => message).join(' '),
    // Each command has a line of its own, so that it can be copied.
    remedy: () =>
      [
        ...new Set(words.map(({ remedy }) => remedy)),
        `${keptAddress(call)}To continue in spite of conflicts, create the network with --opt conflicts=warn.`,
      ].join('\n'),
  })
}

/**
 * The advice to keep the container's address. The remedies of a port name the container's address, and Podman may give
 * the container another one each time.
 */
const keptAddress = ({
  port_mappings: ports,
  network_options: { static_ips: addresses },
}: ContainerCall): string => {
  if ((ports ?? []).length === 0 || addresses === undefined || addresses === null) return ''
  const options = addresses.map((address) => `${address.includes(':') ? '--ip6' : '--ip'} ${address}`)
  return `Those commands are for this address only, and Podman may give the container another one next time: keep it with ${options.join(' ')}.\n`
}
