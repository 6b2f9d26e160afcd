import type { DesiredNetwork, PublishedPort } from '@portolan/core'
import { type Family, InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { checkedBy } from '@portolan/netfilter/schema'
import type { PublishRequest } from '../../live/ports/publish-request.ts'
import { type DockerParts, nameOf } from '../docker-parts.ts'
import {
  type ConnectivityRequest,
  type EndpointRequest,
  type PortBinding,
  portBindings,
} from '../protocol/requests.ts'
import { networkOf, noteUnused } from './endpoints.ts'
import { refuseConflicts } from './refuse-conflicts.ts'

/** The option with the ports: moby, libnetwork/netlabel/labels.go `PortMap`. */
const portMap = 'com.docker.network.portmap'

/** Publishes the ports of a container: all of them, or none. */
export const publishPorts = async (parts: DockerParts, request: ConnectivityRequest): Promise<void> => {
  const { host } = parts
  const found = networkOf(parts, request)
  const network = found.name
  const all = bindingsIn(request)
  const bindings = all.filter((binding) => isServed(binding, found))
  const endpoint = nameOf(request.EndpointID)
  try {
    const open = bindings.filter(
      ({ HostPort = 0, HostPortEnd = 0 }) => HostPort === 0 || HostPortEnd <= HostPort,
    )
    if (open.length > 0)
      await host.publish(open.map((binding) => publishRequest(parts, binding, network, endpoint)))
    for (const binding of bindings.filter((one) => !open.includes(one)))
      await publishOneOf(parts, binding, network, endpoint)
    await refuseConflicts(parts, network, endpoint)
  } catch (error) {
    noteUnused(parts, network, endpoint)
    await host.unpublish({ endpoint, network })
    throw error
  }
  refuseUnserved(
    all.filter((binding) => !bindings.includes(binding)),
    network,
  )
}

const familyOf = (address: string): Family => (address.includes(':') ? 'ip6' : 'ip')

/** The host address of a binding; empty: every address of the host. */
const hostAddressOf = ({ HostIP }: PortBinding): string => HostIP ?? ''

const isServed = (binding: PortBinding, network: DesiredNetwork): boolean => {
  const address = hostAddressOf(binding)
  return address === '' || network[familyOf(address)] !== null
}

/**
 * Refuses bindings of a family that the network lacks. The other bindings stay published. When dockerd starts a
 * container, this error ends the start and dockerd deletes the endpoint. When dockerd moves the ports of a container
 * that left another network, it only logs the error.
 */
const refuseUnserved = ([first]: readonly PortBinding[], network: string): void => {
  if (first === undefined) return
  const { HostPort = 0, Port } = first
  const address = hostAddressOf(first)
  const family = familyOf(address) === 'ip6' ? 'IPv6' : 'IPv4'
  throw new InvalidRequestError(
    `port ${Port} is published at ${address} (host port ${HostPort}), and network ${network} has no ${family}: create the network with ${family === 'IPv6' ? '--ipv6' : 'a subnet of IPv4'}, or publish the port at an address of the other family.`,
  )
}

/** Unpublishes the ports of a container. */
export const unpublishPorts = (
  { host }: DockerParts,
  { NetworkID, EndpointID }: EndpointRequest,
): Promise<void> => host.unpublish({ endpoint: nameOf(EndpointID), network: nameOf(NetworkID) })

/** Publishes the first free port of a range: `-p 8000-8010:80`. */
const publishOneOf = async (
  { host }: DockerParts,
  binding: PortBinding,
  network: string,
  endpoint: string,
): Promise<void> => {
  const { HostPort = 0, HostPortEnd = 0 } = binding
  for (let port = HostPort; ; port += 1) {
    try {
      await host.publish(publishRequest({ force: false }, { ...binding, HostPort: port }, network, endpoint))
      return
    } catch (error) {
      const isTaken =
        error instanceof PortolanError && ['HOST_PORT_IN_USE', 'HOST_PORT_TAKEN'].includes(error.code)
      if (!isTaken || port >= HostPortEnd) throw error
    }
  }
}

const bindingsIn = ({ Options }: ConnectivityRequest): readonly PortBinding[] => {
  const value = Options?.[portMap]
  if (value === undefined || value === null) return []
  return checkedBy(
    portBindings,
    value,
    ({ path, message }) => new InvalidRequestError(`Options["${portMap}"]${path}: ${message}.`),
  )
}

const protocols: Readonly<Record<number, 'tcp' | 'udp' | 'sctp'>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

const publishRequest = (
  { force }: Pick<DockerParts, 'force'>,
  binding: PortBinding,
  network: string,
  endpoint: string,
): PublishRequest => {
  const { Proto, Port, HostPort = 0 } = binding
  const protocol = protocols[Proto]
  if (protocol === undefined)
    throw new InvalidRequestError(
      `the protocol ${Proto} of a port cannot be published: expected 6 (TCP), 17 (UDP) or 132 (SCTP).`,
    )
  const hostAddress = hostAddressOf(binding)
  return {
    hostPort: HostPort === 0 ? 'auto' : HostPort,
    protocol,
    force,
    ...(hostAddress === '' ? {} : { hostAddress }),
    to: { endpoint, network, port: Port },
  }
}

/** The answer to EndpointOperInfo. */
export const operationalInfo = (
  { host }: DockerParts,
  { NetworkID, EndpointID }: EndpointRequest,
): Readonly<Record<string, unknown>> => {
  const [network, name] = [nameOf(NetworkID), nameOf(EndpointID)]
  const endpoint = host.endpoints().find((one) => one.network === network && one.service === name)
  const isOwn = ({ targets }: PublishedPort): boolean =>
    targets.some(({ address }) => address === endpoint?.ip || address === endpoint?.ip6)
  return {
    ...(endpoint === undefined ? {} : { 'com.docker.network.endpoint.macaddress': endpoint.mac }),
    [portMap]: host.published().filter(isOwn).map(bindingOf),
  }
}

const bindingOf = ({
  protocol,
  hostAddress,
  hostPort,
  family,
  targets,
}: PublishedPort): PortBinding & {
  readonly IP: string
} => ({
  Proto: Number(Object.entries(protocols).find(([, name]) => name === protocol)?.[0] ?? 6),
  IP: targets[0]?.address ?? '',
  Port: targets[0]?.port ?? 0,
  HostIP: hostAddress ?? (family === 'ip' ? '0.0.0.0' : '::'),
  HostPort: hostPort,
  HostPortEnd: hostPort,
})
