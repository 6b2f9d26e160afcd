import { IntentError } from '@portolan/netfilter'
import { shownValue } from '@portolan/netfilter/schema'
import { checkInterfaceName, checkName } from '../contract/check-name.ts'
import type { Intent, ParentedNetworkIntent } from '../intent/index.ts'

/**
 * Refuses networks on a parent that are impossible on any host.
 *
 * @throws IntentError naming the value
 * @internal
 */
export const checkParented = ({ networks, parented = [] }: Intent): void => {
  const known = new Set(networks.map(({ name }) => name))
  for (const network of parented) {
    checkOne(network)
    if (known.has(network.name))
      throw new IntentError(`two networks are called ${network.name}`, network.place)
    known.add(network.name)
  }
}

const checkOne = ({ name, driver, parent, mtu, ip6, endpoints, place }: ParentedNetworkIntent): void => {
  checkName(name, 'a network', place)
  checkInterfaceName(parent, `the parent of network ${name}`, place)
  if (mtu !== null && !(Number.isInteger(mtu) && mtu >= 68 && mtu <= 65535))
    throw new IntentError(`the MTU of network ${name} is ${shownValue(mtu)}: expected 68 to 65535`, place)
  // net/ipv6/addrconf.c: IPV6_MIN_MTU, below which the kernel takes IPv6 off an interface.
  if (mtu !== null && mtu < 1280 && ip6 !== null)
    throw new IntentError(`network ${name} has IPv6, which needs an MTU of 1280 or more: found ${mtu}`, place)
  const [, second] = endpoints
  if (driver.kind === 'macvlan' && driver.mode === 'passthru' && second !== undefined)
    throw new IntentError(
      `network ${name} has mode passthru, which allows one container on ${parent}, and ${second.service} is a second one: expected another macvlan_mode, or one container`,
      second.place,
    )
  const own = endpoints.find(({ mac }) => mac !== null)
  if (driver.kind === 'ipvlan' && own !== undefined)
    throw new IntentError(
      `${own.service} asks for the MAC address ${own.mac} on network ${name}, where all have that of ${parent} (ipvlan): leave \`mac_address\` out, or use driver macvlan`,
      own.place,
    )
}
