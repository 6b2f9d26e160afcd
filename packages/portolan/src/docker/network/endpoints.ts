import { closeSync, openSync } from 'node:fs'
import { type DesiredEndpoint, type DesiredNetwork, endpointAlias, endpointPortName } from '@portolan/core'
import { bridgeOptionNames } from '@portolan/core/planning'
import { canonicalAddress, families, InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { macValue } from '@portolan/netfilter/schema'
import { type DockerParts, dockerProject, nameOf } from '../docker-parts.ts'
import { keepAddress } from '../ipam/addresses.ts'
import type { CreateEndpointRequest, EndpointRequest } from '../protocol/requests.ts'
import { refuseConflicts } from './refuse-conflicts.ts'

/** The answer to CreateEndpoint: only the fields that Docker left open. */
export interface GivenInterface {
  readonly Interface: { readonly MacAddress?: string }
}

/** Leases the addresses that Docker has chosen, with a MAC address. */
export const createEndpoint = async (
  parts: DockerParts,
  request: CreateEndpointRequest,
): Promise<GivenInterface> => {
  const { host } = parts
  const network = networkOf(parts, request)
  refuseOptions(request)
  const { Address = '', AddressIPv6 = '', MacAddress = '' } = request.Interface ?? {}
  if (MacAddress !== '' && !macValue.holds(MacAddress))
    throw new InvalidRequestError(
      `--mac-address ${JSON.stringify(MacAddress)}: expected ${macValue.expected}.`,
    )
  const [ip, ip6] = [addressIn(Address), addressIn(AddressIPv6)]
  const name = nameOf(request.EndpointID)
  // Docker gives an address to one endpoint at a time. Another endpoint that has it was left by a killed call.
  for (const left of host.endpoints())
    if (
      left.network === network.name &&
      left.service !== name &&
      ((ip !== null && left.ip === ip) || (ip6 !== null && left.ip6 === ip6))
    )
      await host.detach(left.service, { network: network.name })
  for (const [family, address] of [
    ['ip', ip],
    ['ip6', ip6],
  ] as const) {
    const subnet = network[family]?.subnet
    if (address !== null && subnet !== undefined) await keepAddress(parts, { family, subnet }, address, name)
  }
  const mac = MacAddress === '' ? null : MacAddress
  const leased = await host.lease(network.name, name, { ip, ip6, mac })
  return { Interface: mac === null ? { MacAddress: leased.mac } : {} }
}

/** Releases the addresses of an endpoint and removes what is left of it. A missing endpoint is no error. */
export const deleteEndpoint = (
  { host }: DockerParts,
  { NetworkID, EndpointID }: EndpointRequest,
): Promise<void> => host.detach(nameOf(EndpointID), { network: nameOf(NetworkID) })

/** The answer to Join: the interface that dockerd moves into the container, and the gateways. */
export interface Joined {
  readonly InterfaceName: { readonly SrcName: string; readonly DstPrefix: string }
  readonly Gateway?: string
  readonly GatewayIPv6?: string
  readonly DisableGatewayService: boolean
}

/** Makes the interface pair of a container: one end on the bridge, the other end for dockerd to move. */
export const join = async (parts: DockerParts, request: EndpointRequest): Promise<Joined> => {
  const { host } = parts
  const network = networkOf(parts, request)
  const name = nameOf(request.EndpointID)
  const endpoint =
    host.endpoints().find((one) => one.network === network.name && one.service === name) ??
    (await takeUpAgain(parts, network, name))
  if (endpoint === null)
    throw new InvalidRequestError(
      `endpoint ${name} of network ${network.name} is not known here: CreateEndpoint has to come before Join. Start the container again.`,
    )
  await host.detach(name, { network: network.name, keepLease: true })
  const inner = await makePair(parts, network, endpoint)
  try {
    // On other networks, ProgramExternalConnectivity makes this check together with the ports.
    if (network.internal) await refuseConflicts(parts, network.name, null)
  } catch (error) {
    noteUnused(parts, network.name, name)
    await host.detach(name, { network: network.name, keepLease: true })
    throw error
  }
  const gateway = network.internal ? null : network.ip?.gateway
  const gateway6 = network.internal ? null : network.ip6?.gateway
  return {
    InterfaceName: { SrcName: inner, DstPrefix: 'eth' },
    ...(typeof gateway === 'string' ? { Gateway: gateway } : {}),
    ...(typeof gateway6 === 'string' ? { GatewayIPv6: gateway6 } : {}),
    // Without a gateway, Docker would also attach the container to its own network docker_gwbridge.
    DisableGatewayService: true,
  }
}

/**
 * Leases an endpoint again that the start of this program gave up. When dockerd calls CreateEndpoint before the start and
 * Join after it, the endpoint looks like that of an ended container.
 * @returns null: the start gave up no such endpoint
 */
const takeUpAgain = async (
  parts: DockerParts,
  network: DesiredNetwork,
  name: string,
): Promise<DesiredEndpoint | null> => {
  const { host, givenUp } = parts
  const left = [...givenUp.values()].find((one) => one.network === network.name && one.service === name)
  if (left === undefined) return null
  const { ip, ip6, mac } = left
  for (const family of families) {
    const [address, subnet] = [left[family], network[family]?.subnet]
    if (address === null || subnet === undefined) continue
    await keepAddress(parts, { family, subnet }, address, name)
    givenUp.delete(address)
  }
  return host.lease(network.name, name, { ip, ip6, mac })
}

/** Removes the interface pair. Its addresses stay leased until DeleteEndpoint. */
export const leave = ({ host }: DockerParts, { NetworkID, EndpointID }: EndpointRequest): Promise<void> =>
  host.detach(nameOf(EndpointID), { network: nameOf(NetworkID), keepLease: true })

/** Makes the interface pair. @returns the name of the container's end */
const makePair = async (
  { host, links }: DockerParts,
  network: DesiredNetwork,
  { service: endpoint, mac }: DesiredEndpoint,
): Promise<string> => {
  const mark = { project: dockerProject, network: network.name, endpoint }
  const [outer, inner] = [endpointPortName(mark), `vd-${endpoint}`]
  // The container's end stays in this namespace, because dockerd moves it itself.
  const namespace = openSync('/proc/self/ns/net', 'r')
  try {
    await links.createVeth({
      name: outer,
      alias: endpointAlias(mark),
      bridge: network.bridge,
      port: { hairpin: true, isolated: !network.icc },
      mtu: network.mtu ?? 1500,
      peer: { name: inner, mac, namespace, where: 'this host, for Docker to move' },
    })
  } finally {
    closeSync(namespace)
  }
  try {
    await host.attachPort(outer, `${dockerProject}/${network.name}`)
  } catch (error) {
    await links.deleteEndpointLink(outer)
    throw error
  }
  return inner
}

/** Notes the addresses of an endpoint whose container is refused. */
export const noteUnused = ({ host, unused }: DockerParts, network: string, name: string): void => {
  const endpoint = host.endpoints().find((one) => one.network === network && one.service === name)
  for (const address of [endpoint?.ip, endpoint?.ip6]) if (typeof address === 'string') unused.add(address)
}

/**
 * Finds the network of a request.
 * @throws PortolanError `NO_SUCH_NETWORK` for a network that Docker has and this program does not have
 */
export const networkOf = (
  { host }: DockerParts,
  { NetworkID }: Pick<EndpointRequest, 'NetworkID'>,
): DesiredNetwork => {
  const name = nameOf(NetworkID)
  const found = host.networks().find((network) => network.name === name)
  if (found !== undefined) return found
  throw new PortolanError('NO_SUCH_NETWORK', {
    problem: `Network ${name} of Docker is not known to Portolan: it was removed here, or made with another state directory.`,
    remedy: () => 'Remove it with "docker network rm", and create it again.',
  })
}

/** The name of the interface inside (moby, libnetwork/netlabel/labels.go `Ifname`). */
const nameInside = 'com.docker.network.endpoint.ifname'

/**
 * Refuses driver options of an endpoint. `docker network connect --driver-opt` adds them to Docker's own options, of
 * which new ones may come.
 */
const refuseOptions = ({ Options }: CreateEndpointRequest): void => {
  const keys = Object.keys(Options ?? {})
  if (keys.includes(nameInside))
    throw new InvalidRequestError(
      `--driver-opt ${nameInside} (interface_name in a Compose file) has no effect with this driver: Docker itself names the interface. Leave it out.`,
    )
  const ofNetwork = keys.find((key) => bridgeOptionNames.includes(key))
  if (ofNetwork !== undefined)
    throw new InvalidRequestError(
      `--driver-opt ${ofNetwork} is an option of a network, not of a container on it: give it to docker network create with -o.`,
    )
  const unknown = keys.find((key) => !key.startsWith('com.docker.'))
  if (unknown !== undefined)
    throw new InvalidRequestError(
      `--driver-opt ${unknown} is unknown to this driver, which has none for an endpoint. Leave it out.`,
    )
}

const addressIn = (text: string): string | null =>
  text === '' ? null : canonicalAddress(text.split('/')[0] ?? '')
