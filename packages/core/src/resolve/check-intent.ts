import { families, IntentError, type SourcePosition, tryParseAddress } from '@portolan/netfilter'
import { macValue, shownValue } from '@portolan/netfilter/schema'
import { bridgeName } from '../contract/bridge-name.ts'
import { checkInterfaceName, checkName, checkPrintable } from '../contract/check-name.ts'
import type { EndpointIntent, Intent, NetworkIntent } from '../intent/index.ts'
import { isProjectName, projectNameRule } from '../intent/project-name.ts'
import { checkMapping } from './check-mapping.ts'
import { checkParented } from './check-parented.ts'

/**
 * Refuses an intent that no reader of ours would make. A program may build an intent without a reader, and its names go
 * into rules, scripts and interface aliases.
 *
 * @throws IntentError naming the value
 * @internal
 */
export const checkIntent = (intent: Intent): void => {
  if (!isProjectName(intent.project))
    throw new IntentError(
      `${JSON.stringify(intent.project)} cannot name a project: use ${projectNameRule}`,
      null,
    )
  for (const network of intent.networks) checkNetwork(network)
  checkUnique(intent.networks, ({ name }) => name, 'are called')
  checkUnique(
    intent.networks.filter(({ external }) => !external),
    // A network that names no bridge gets a derived name, which another network may name explicitly.
    ({ name, bridge }) => bridge ?? bridgeName(intent.project, name),
    'both want the bridge',
  )
  for (const endpoint of intent.endpoints) checkEndpoint(endpoint)
  checkParented(intent)
  for (const { endpoints } of intent.parented ?? []) for (const one of endpoints) checkEndpoint(one)
  const byName = new Map(intent.networks.map((network) => [network.name, network]))
  for (const mapping of intent.mappings) checkMapping(mapping, byName.get(mapping.network))
}

const modes: readonly string[] = ['nat', 'nat-unprotected', 'routed', 'isolated']

const checkNetwork = (network: NetworkIntent): void => {
  const { name, place, bridge, mtu, external, externalName, internal, hostBinding } = network
  checkName(name, 'a network', place)
  if (external) {
    checkPrintable(externalName ?? name, `the external name of network ${name}`, place)
    return
  }
  if (bridge !== null) checkInterfaceName(bridge, `the bridge of network ${name}`, place)
  if (bridge === 'lo')
    throw new IntentError(
      `the bridge of network ${name} cannot be called lo: each network namespace has a loopback interface of that name. Choose another`,
      place,
    )
  // A bridge takes no larger MTU (net/bridge/br_device.c, ETH_MAX_MTU). IPv4 needs at least 68 (RFC 791).
  if (mtu !== null && !(Number.isInteger(mtu) && mtu >= 68 && mtu <= 65535))
    throw new IntentError(`the MTU of network ${name} is ${shownValue(mtu)}: expected 68 to 65535`, place)
  // net/ipv6/addrconf.c: IPV6_MIN_MTU, below which the kernel takes IPv6 off an interface.
  if (mtu !== null && mtu < 1280 && network.ip6 !== null)
    throw new IntentError(`network ${name} has IPv6, which needs an MTU of 1280 or more: found ${mtu}`, place)
  if (hostBinding !== null && tryParseAddress(hostBinding) === null)
    throw new IntentError(
      `network ${name} binds ports to ${JSON.stringify(hostBinding)}, which is no address`,
      place,
    )
  for (const family of families) {
    const mode = network[family]?.mode ?? 'nat'
    if (!modes.includes(mode))
      throw new IntentError(
        `network ${name} has the gateway mode ${JSON.stringify(mode)}: expected one of ${modes.join(', ')}`,
        place,
      )
    if (mode === 'isolated' && !internal)
      throw new IntentError(
        `network ${name} is isolated but not internal: the outside cannot be reached without a gateway`,
        place,
      )
  }
}

const checkEndpoint = ({ service, replica, mac, place }: EndpointIntent): void => {
  checkName(service, 'a service', place)
  if (!Number.isInteger(replica) || replica < 1)
    throw new IntentError(`replica ${replica} of ${service}: replicas count from 1`, place)
  if (mac !== null && !macValue.holds(mac))
    throw new IntentError(
      `the MAC of ${service} is ${JSON.stringify(mac)}: expected ${macValue.expected}`,
      place,
    )
}

const checkUnique = (
  networks: readonly NetworkIntent[],
  keyOf: (network: NetworkIntent) => string | null,
  what: string,
): void => {
  const known = new Map<string, SourcePosition | null>()
  for (const network of networks) {
    const key = keyOf(network)
    if (key === null) continue
    if (known.has(key)) throw new IntentError(`two networks ${what} ${key}`, network.place)
    known.set(key, network.place)
  }
}
