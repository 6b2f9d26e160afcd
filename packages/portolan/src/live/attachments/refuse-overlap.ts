import type { InsideState, OtherWay } from '@portolan/host'
import {
  bitsOf,
  containsPrefix,
  oneWay,
  PortolanError,
  parseAddress,
  parseInterfaceAddress,
  parsePrefix,
  prefixAround,
  prefixesOverlap,
  type Wording,
} from '@portolan/netfilter'
import type { Attachment, InsideAddress } from './attachment.ts'

/** The other routes and addresses in a namespace that lead to the subnet of the network, or to a part of it. */
export const rivalWays = ({ addresses }: Attachment, { otherWays }: InsideState): readonly OtherWay[] =>
  otherWays.filter((way) => addresses.some((address) => isInTheWay(address, way)))

/**
 * Refuses a namespace in which another interface leads to the network's subnet, or to a part of it. Packets and replies
 * would leave through that interface. The kernel uses the more specific route, and among equal ones the first.
 * @param beside - interfaces on the same network, where it does not matter which one a packet leaves by
 * @throws PortolanError `NAMESPACE_OVERLAP`
 */
export const refuseOverlap = (
  where: string,
  { mark, interface: inside, addresses }: Attachment,
  { otherWays }: InsideState,
  beside: readonly string[],
): void => {
  for (const address of addresses) {
    const way = otherWays.find(
      (one) => isInTheWay(address, one) && !(one.interface !== null && beside.includes(one.interface)),
    )
    if (way !== undefined)
      throw new PortolanError('NAMESPACE_OVERLAP', {
        problem: `Endpoint ${mark.endpoint} cannot be on network ${mark.network} with ${inside}: ${wordsOf(way, where)}, and the network has ${address.subnet}. The two overlap, so packets for one of them would go to the other.`,
        remedy: (wording) => oneWay(adviceFor(way, wording), 'give the network another subnet'),
      })
  }
}

/**
 * Tells whether another address or route is in the way. A /32 or /128, such as a service's address on `lo` or a
 * tunnel's, leads only to itself. A route wider than the subnet does not win over the subnet's own route.
 */
const isInTheWay = ({ subnet, text, router }: InsideAddress, way: OtherWay): boolean => {
  const network = parsePrefix(subnet)
  const { address, length } = parseInterfaceAddress(way.text)
  if (address.family !== network.family) return false
  if (length === bitsOf(network)) {
    const own = parseInterfaceAddress(text).address
    return [own, router === null ? own : parseAddress(router)].some(({ value }) => value === address.value)
  }
  const other = prefixAround(address, length)
  return way.kind === 'address' ? prefixesOverlap(network, other) : containsPrefix(network, other)
}

const wordsOf = ({ kind, interface: name, text }: OtherWay, where: string): string => {
  if (kind === 'address') return `${name} in ${where} has the address ${text}`
  return name === null
    ? `${where} has a route that packets to ${text} end at`
    : `${where} has a route to ${text} by ${name}`
}

const adviceFor = ({ kind, interface: name, text }: OtherWay, { namesInterface }: Wording): string => {
  if (kind !== 'address') return `remove that route there (ip route delete ${text})`
  const orName =
    namesInterface === null
      ? ''
      : `; where ${name} is the interface of the endpoint itself, ${namesInterface}`
  return `remove that address there (ip address delete ${text} dev ${name})${orName}`
}
