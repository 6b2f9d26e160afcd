import {
  bridgeNetwork,
  type DesiredEndpoint,
  type DesiredNetwork,
  type DesiredSubnet,
  type NetworkOptions,
} from '@portolan/core'
import { networkIntent } from '@portolan/core/planning'
import type { PeerInside } from '@portolan/host'
import { containsAddress, families, parseAddress, parsePrefix } from '@portolan/netfilter'
import type { AttachedPort } from '../attachments/attached-ports.ts'
import type { OwnBridge } from '../networks/own-bridges.ts'
import type { WantedNetwork } from '../wanted/wanted-state.ts'
import { undescribedNetwork } from './refuse-unrecorded.ts'

/** A network that is up on the host, with its attached endpoints. */
export interface FoundNetwork extends WantedNetwork {
  readonly endpoints: readonly DesiredEndpoint[]
}

/**
 * Reads the description of a network from its bridge.
 * @returns null: the description is not complete, and no endpoint is attached
 * @throws InvalidRequestError when the description is not complete and an endpoint is attached. The bridge would be
 * removed beneath that endpoint, or its addresses leased to others
 */
export const networkOn = (
  bridge: OwnBridge,
  attached: readonly AttachedPort[],
  peers: ReadonlyMap<number, PeerInside>,
): FoundNetwork | null => {
  const on = attached.filter(({ mark }) => mark.network === bridge.network)
  const network = describedNetwork(bridge)
  const endpoints: DesiredEndpoint[] = []
  const unseen: AttachedPort[] = []
  for (const port of on) {
    const peer = peers.get(port.index ?? 0)
    const found =
      network === null || peer === undefined ? null : endpointOn(network, port.mark.endpoint, peer)
    if (found === null) unseen.push(port)
    else endpoints.push(found)
  }
  if (unseen.length > 0) throw undescribedNetwork(bridge.network, unseen)
  if (network === null) return null
  const { ip, ip6, internal, icc, mtu, asked = {} } = network
  const { hostBinding, reachableFrom } = asked
  const intent = networkIntent(network.name, {
    bridge: bridge.name,
    ...{ internal, icc, mtu },
    masquerade: bridge.masquerade,
    ipv4: asOptions(ip),
    ipv6: asOptions(ip6),
    ...(hostBinding === undefined ? {} : { hostBinding }),
    ...(reachableFrom === undefined ? {} : { reachableFrom: reachableFrom.map(asReachable) }),
  })
  return { intent, network, endpoints }
}

/** Reads the network of a bridge. @returns null: the bridge does not tell all of it */
const describedNetwork = ({ link, mode, isolated = {}, untold }: OwnBridge): DesiredNetwork | null => {
  const found = bridgeNetwork(link)
  if (found === null || untold === 'any') return null
  if (families.some((family) => mode[family] === 'isolated' && isolated[family] === undefined)) return null
  const { ip, ip6 } = found.network
  if (ip === null && ip6 === null) return null
  // 1500 is the MTU of an interface for which none was set.
  return { ...found.network, mtu: link.mtu === undefined || link.mtu === 1_500 ? null : link.mtu }
}

type AskedSource = NonNullable<NonNullable<DesiredNetwork['asked']>['reachableFrom']>[number]

const asReachable = (source: AskedSource): NonNullable<NetworkOptions['reachableFrom']>[number] => {
  if (source.kind === 'prefix') return source.prefix
  return source.kind === 'interface' ? { interface: source.name } : { network: source.network }
}

const asOptions = (subnet: DesiredSubnet | null): NonNullable<NetworkOptions['ipv4']> => {
  if (subnet === null) return false
  const { gateway, mode } = subnet
  return { subnet: subnet.subnet, mode, ...(gateway === null ? {} : { gateway }) }
}

/** Reads an endpoint from its interface inside. @returns null: the interface has no address of the network */
const endpointOn = (
  network: DesiredNetwork,
  service: string,
  { mac, addresses }: PeerInside,
): DesiredEndpoint | null => {
  const [ip = null, ip6 = null] = families.map((family) => {
    const subnet = network[family]?.subnet
    if (subnet === undefined) return null
    const prefix = parsePrefix(subnet)
    return (
      addresses
        .map((text) => text.split('/')[0] ?? '')
        .find((text) => {
          const address = parseAddress(text)
          return address.family === family && containsAddress(prefix, address)
        }) ?? null
    )
  })
  return ip === null && ip6 === null ? null : { service, replica: 1, network: network.name, ip, ip6, mac }
}
