import { families, type HostFacts } from '@portolan/netfilter'
import { type DesiredParentedNetwork, parseVlanAlias } from '../contract/index.ts'
import type { IntentNote, ParentedNetworkIntent } from '../intent/index.ts'
import type { SubnetPlan } from '../pool/index.ts'
import { isOfHost, isOnParent } from './settle-parented.ts'

/**
 * Notes about a network on a parent: this host does not reach its containers, the use of its subnet on the wire, and
 * addresses that are a guess.
 * @internal
 */
export const noteParented = (
  project: string,
  wanted: ParentedNetworkIntent,
  network: DesiredParentedNetwork,
  subnets: readonly SubnetPlan[],
  facts: HostFacts,
): readonly IntentNote[] => {
  const { name, parent, driver } = network
  const note = (text: string): IntentNote => ({ text, place: wanted.place })
  const own = subnets.filter((one) => one.network === name)
  const isShared = (one: SubnetPlan): boolean => isOnParent(parent, one.subnet, facts)
  const shared = own.filter(isShared).map(({ subnet }) => subnet)
  const owner = parseVlanAlias(facts.interfaces?.find((link) => link.name === parent)?.alias)
  return [
    note(
      `This host and the containers of network ${name} do not reach one another over ${parent}: a ${driver.kind} passes no frames to its parent. Other machines on ${parent} reach them. Put a container on a second network, one with a bridge, where this host has to reach it.`,
    ),
    ...(shared.length === 0
      ? []
      : [
          note(
            `${shared.join(' and ')} of network ${name} is the network that ${parent} itself is on, as intended: the host's route to it is no collision.`,
          ),
        ]),
    ...own.filter((one) => !isShared(one)).flatMap((one) => noteUnshared(one, parent).map(note)),
    ...noteGateways(wanted, network, facts).map(note),
    ...noteGuesses(wanted, shared.length > 0).map(note),
    ...(owner === null || owner === project
      ? []
      : [
          note(
            `The parent ${parent} of network ${name} was made by project ${owner}. It goes when that project is destroyed, and with it the interfaces of these containers.`,
          ),
        ]),
  ]
}

const noteUnshared = (
  { network, subnet, origin, overlaps }: SubnetPlan,
  parent: string,
): readonly string[] => {
  const [overlap] = overlaps.filter((one) => one.interface !== parent)
  if (origin !== 'fixed')
    return [
      `The subnet ${subnet} of network ${network} was picked, and no machine on ${parent} knows it. Name the subnet of ${parent} under \`ipam.config\` to put the containers on its network.`,
    ]
  return overlap === undefined
    ? []
    : [
        `The subnet ${subnet} of network ${network} is on this host elsewhere too: ${overlap.detail}. The containers use it on ${parent}, and the packets of the host itself go the other way.`,
      ]
}

/** Notes a missing or useless router. A container without a router still reaches the machines of its own subnet. */
const noteGateways = (
  { internal }: ParentedNetworkIntent,
  network: DesiredParentedNetwork,
  facts: HostFacts,
): readonly string[] => {
  if (internal) return []
  const named = `Name the router of ${network.parent} as \`gateway\` under \`ipam.config\`.`
  return families.flatMap((family) => {
    const subnet = network[family]
    if (subnet === null) return []
    if (subnet.gateway === null)
      return [
        `Network ${network.name} has no gateway: the first address of ${subnet.subnet} is this host's, which its containers do not reach. ${named}`,
      ]
    return isOfHost(subnet.gateway, facts)
      ? [
          `The gateway ${subnet.gateway} of network ${network.name} is this host's own address, which its containers do not reach. ${named}`,
        ]
      : []
  })
}

const noteGuesses = (
  { name, parent, ip, ip6, endpoints }: ParentedNetworkIntent,
  isShared: boolean,
): readonly string[] => {
  const isPicked = endpoints.some(
    (endpoint) =>
      (ip !== null && ip.ipRange === null && endpoint.ip === null) ||
      (ip6 !== null && ip6.ipRange === null && endpoint.ip6 === null),
  )
  return isPicked && isShared
    ? [
        `Addresses of network ${name} were picked beside those of this host and of the neighbours that it knows on ${parent}. Another machine there may have one of them, or get it by DHCP. Name an \`ip_range\` that nothing else hands out.`,
      ]
    : []
}
