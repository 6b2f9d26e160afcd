import { interfaceNameFault } from '@portolan/core/planning'
import {
  containsPrefix,
  type HostFacts,
  InvalidRequestError,
  type Prefix,
  parsePrefix,
  type RouteFact,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'
import { shownValue } from '@portolan/netfilter/schema'
import { ownBridges } from './own-bridges.ts'

/**
 * Refuses an interface that the host itself uses. As a port of a bridge it would get no more packets for its addresses,
 * and its routes would lead nowhere (net/bridge/br_input.c `br_handle_frame`). A port of a bridge of Portolan is
 * allowed.
 *
 * @throws InvalidRequestError that says what uses the interface, and what to do
 */
export const refusePort = (name: unknown, facts: HostFacts): void => {
  if (typeof name !== 'string' || name === '')
    throw new InvalidRequestError(
      `${shownValue(name)} cannot name an interface: expected the host's end of a container's veth, such as "veth12".`,
    )
  const fault = interfaceNameFault(name)
  if (fault !== null) throw new InvalidRequestError(`${shownValue(name)} cannot name an interface: ${fault}.`)
  const use = useOf(name, facts)
  if (use !== null) throw new InvalidRequestError(`${name} cannot be attached to a network: ${use}`)
}

/**
 * Says what the host uses an interface for, and what to do about it; null: the host does not use it, or it does not
 * exist.
 */
export const useOf = (name: string, { interfaces = [], routes = [], ...facts }: HostFacts): string | null => {
  const link = interfaces.find((one) => one.name === name)
  if (link === undefined) return null
  const veth = "Attach the host's end of a container's veth."
  if (name === 'lo' || link.kind === 'loopback') return `it is the loopback interface of this host. ${veth}`
  if (link.kind === 'bridge') return `it is a bridge itself. ${veth}`
  const { master = null } = link
  if (master !== null) {
    const isOurs = ownBridges({ ...facts, interfaces }).some((bridge) => bridge.name === master)
    return isOurs
      ? null
      : `it is a port of ${master}, which is not Portolan's. Release it first (ip link set ${name} nomaster), or attach another interface.`
  }
  const address = (link.addresses ?? []).find((one) => !isLinkLocal(one))
  if (address !== undefined)
    return `it has the address ${address}, which would be cut off. ${veth} If the address is not needed, remove it first (ip address del ${address} dev ${name}).`
  const route = routes.find((one) => one.interface === name && isOfUse(one))
  return route === undefined
    ? null
    : `the route ${route.destination ?? 'default'} leads through it, and would lead nowhere. ${veth} If the route is not needed, remove it first (ip route).`
}

/**
 * Prefixes that do not count as use: those that the kernel gives each interface, and 169.254.0.0/16, which a host takes
 * when it gets no other address.
 */
const linkLocal: readonly Prefix[] = ['fe80::/10', 'ff00::/8', '169.254.0.0/16'].map((text) =>
  parsePrefix(text),
)

const isLinkLocal = (text: string): boolean => {
  const prefix = tryParseHostOrPrefix(text)
  return prefix !== null && linkLocal.some((one) => containsPrefix(one, prefix))
}

const isOfUse = ({ destination = 'default', type = 'unicast' }: RouteFact): boolean =>
  type === 'unicast' && !isLinkLocal(destination)
