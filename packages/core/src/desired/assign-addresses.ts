import { macFromAddress, prefixContains } from '../address/index.ts'
import { IntentError, PortolanError } from '../error/index.ts'
import type { EndpointIntent, Intent } from '../intent/index.ts'
import { firstFreeAddress } from '../pool/index.ts'
import type { DesiredEndpoint, DesiredNetwork } from './desired-state.ts'
import type { PublishedPort } from './expand-mappings.ts'
import { replicaName } from './mapping-label.ts'

/**
 * Gives every endpoint its addresses: static ones first, so that nobody else is given them, then the lowest free
 * one each, in the order of the intent. Where other projects have published ports, somebody is at home.
 *
 * @throws PortolanError `SUBNET_EXHAUSTED` when a subnet has no address left
 * @internal
 */
export const assignAddresses = (
  intent: Intent,
  networks: readonly DesiredNetwork[],
  others: readonly PublishedPort[],
): readonly DesiredEndpoint[] => {
  const byName = new Map(networks.map((network) => [network.name, network]))
  const inUse = [...new Set(others.flatMap(({ targets }) => targets.map(({ address }) => address)))]
  const taken = new Map<string, Set<string>>()
  for (const network of networks) {
    const statics = intent.endpoints.filter((endpoint) => endpoint.network === network.name)
    taken.set(
      network.name,
      new Set([
        ...statics.flatMap(({ ip, ip6 }) => [ip, ip6].filter((address) => address !== null)),
        ...inUse.filter((address) => isOn(network, address)),
      ]),
    )
  }
  return intent.endpoints.map((endpoint) => {
    const network = byName.get(endpoint.network)
    if (network === undefined) {
      throw new IntentError(
        `${endpoint.service} is on network ${endpoint.network}, which is not defined`,
        endpoint.place,
      )
    }
    const ip = assign('ip', intent, endpoint, network, taken.get(network.name) ?? new Set())
    const ip6 = assign('ip6', intent, endpoint, network, taken.get(network.name) ?? new Set())
    const mac = endpoint.mac ?? macFromAddress(ip ?? ip6 ?? '0.0.0.0')
    return { service: endpoint.service, replica: endpoint.replica, network: network.name, ip, ip6, mac }
  })
}

const isOn = ({ ip, ip6 }: DesiredNetwork, address: string): boolean =>
  [ip, ip6].some((subnet) => subnet !== null && prefixContains(subnet.subnet, address))

const assign = (
  family: 'ip' | 'ip6',
  intent: Intent,
  endpoint: EndpointIntent,
  network: DesiredNetwork,
  taken: Set<string>,
): string | null => {
  const subnet = family === 'ip' ? network.ip : network.ip6
  if (subnet === null) return null
  const fixed = family === 'ip' ? endpoint.ip : endpoint.ip6
  if (fixed !== null) return fixed
  const wanted = intent.networks.find(({ name }) => name === network.name)
  const ipRange = (family === 'ip' ? wanted?.ip : wanted?.ip6)?.ipRange ?? null
  const address = firstFreeAddress(subnet.subnet, taken, { gateway: subnet.gateway, ipRange })
  if (address === null) {
    const given = [...taken].filter((one) => one.includes(':') === (family === 'ip6')).length
    throw new PortolanError(
      'SUBNET_EXHAUSTED',
      `No address is left for ${replicaName(endpoint)} in ${ipRange ?? subnet.subnet} of network ${network.name}: ${given} ${given === 1 ? 'is' : 'are'} assigned. Give the network a larger subnet, or take endpoints off it.`,
    )
  }
  taken.add(address)
  return address
}
