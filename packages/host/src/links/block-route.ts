import { blockRouteProtocol, type DesiredRoute } from '@portolan/core'
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '@portolan/core/netlink'
import { ApplyError, InvalidRequestError, type RouteFact } from '@portolan/netfilter'
import {
  type AddressBytes,
  addressFamily,
  parseAddress,
  parseAddressPrefix,
} from '../address/address-bytes.ts'
import { readRoutes } from '../facts/read-routes.ts'
import { attribute, attributeU32 } from '../netlink/attribute.ts'
import { changeError, type Refusals, type Refused } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { AF_INET, AF_INET6 } from '../netlink/constants.ts'
import { EEXIST, EHOSTUNREACH, EINVAL, ENETDOWN, ENETUNREACH, ESRCH } from '../netlink/errno.ts'
import { change, type NetlinkChange, send } from '../netlink/request.ts'
import { RTM_DELROUTE, RTM_NEWROUTE } from '../netlink/rtnetlink.ts'
import { requireLink } from './find-link.ts'

/** include/uapi/linux/rtnetlink.h. */
const RT_TABLE_MAIN = 254
const RT_SCOPE_UNIVERSE = 0
const RT_SCOPE_NOWHERE = 255
const RTN_UNSPEC = 0
const RTN_UNICAST = 1
const RTA_DST = 1
const RTA_OIF = 4
const RTA_GATEWAY = 5

/** struct rtmsg: family, lengths of destination and source, tos, table, protocol, scope, type, flags. */
const header = (family: number, length: number, scope: number, type: number): Uint8Array => {
  const bytes = new Uint8Array(12)
  bytes.set([family, length, 0, 0, RT_TABLE_MAIN, blockRouteProtocol.number, scope, type])
  return bytes
}

const destinationOf = (destination: string, does: string): AddressBytes & { readonly length: number } => {
  const prefix = parseAddressPrefix(destination)
  if (prefix.length > 0) return prefix
  throw new InvalidRequestError(
    `Could not ${does}: that destination is every address. Name the block of one host.`,
  )
}

/**
 * Makes a route to a block of another host, with the protocol number that marks it as Portolan's. An existing route of
 * Portolan's is replaced in the same system call, so that no packet takes another path meanwhile.
 *
 * @throws ApplyError where another program's route has that destination
 */
export const setRoute = async (
  connection: NetlinkConnection,
  { destination, via, interface: name }: DesiredRoute,
): Promise<void> => {
  const does = `route ${destination} via ${via} by ${name}`
  const { family, bytes, length } = destinationOf(destination, does)
  const gateway = parseAddress(via)
  if (gateway.family !== family)
    throw new InvalidRequestError(
      `Could not ${does}: the block and its gateway have to be of one family, IPv4 or IPv6.`,
    )
  const { index } = await requireLink(connection, name, does)
  const refusals = refusalsOf(via, name)
  const route = (flags: number): NetlinkChange => ({
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE | flags,
    payload: [
      header(addressFamily(family), length, RT_SCOPE_UNIVERSE, RTN_UNICAST),
      attribute(RTA_DST, bytes),
      attribute(RTA_GATEWAY, gateway.bytes),
      attributeU32(RTA_OIF, index),
    ],
    does,
    refusals,
  })
  const [errno = 0] = await send(connection, [route(NLM_F_EXCL)])
  if (errno === 0) return
  if (errno !== EEXIST) throw changeError(does, errno, [], refusals)
  // The kernel compares only destination, tos and metric. So the routes that it would replace are checked first.
  const [first, ...others] = await sameKey(connection, family, destination, (at) =>
    at === index ? name : '',
  )
  if (first !== undefined && isPortolans(first) && first.gateway === via && first.interface === name) return
  // In IPv4 only the first route is replaced. In IPv6 each hop is (net/ipv6/ip6_fib.c, `fib6_add_rt2node`).
  const goesAlong = (other: RouteFact): boolean => family === 'ip6' && (other.gateway ?? null) !== null
  if (first === undefined || !isPortolans(first) || others.some((one) => !isPortolans(one) && goesAlong(one)))
    throw new ApplyError(
      `Could not ${does}: another program has made a route to ${destination}. Delete that one if it is a stray (ip route del ${destination}).`,
      { applied: [], stderr: 'EEXIST: file already exists' },
    )
  await change(connection, [route(NLM_F_REPLACE)])
}

/** net/ipv4/fib_semantics.c `fib_check_nh`, net/ipv6/route.c `ip6_route_check_nh` and `ip6_validate_gw`. */
const refusalsOf = (via: string, name: string): Refusals => {
  const unreachable = (code: string): Refused => ({
    why: `${via} is on no network of ${name}, or ${name} is down (${code})`,
    mend: `Check the address of the other host, the addresses of ${name} ("ip address show dev ${name}"), and that it is up.`,
  })
  return {
    [ENETUNREACH]: unreachable('ENETUNREACH'),
    [EHOSTUNREACH]: unreachable('EHOSTUNREACH'),
    [ENETDOWN]: unreachable('ENETDOWN'),
    [EINVAL]: {
      why: `${via} is no gateway for that (EINVAL): it is an address of this host, of a group, or a broadcast address, or the destination has bits behind its prefix length`,
      mend: 'Name the address of the other host, and a destination that begins its prefix.',
    },
  }
}

const isPortolans = ({ protocol }: RouteFact): boolean => protocol === blockRouteProtocol.name

/** IP6_RT_PRIO_USER (include/net/ip6_route.h): the metric that IPv6 gives a route without one. */
const plainMetric = { ip: 0, ip6: 1024 } as const

/** The existing routes that the kernel takes for the same as a route of Portolan's, in the kernel's order. */
const sameKey = async (
  connection: NetlinkConnection,
  family: 'ip' | 'ip6',
  destination: string,
  name: (index: number) => string,
): Promise<readonly RouteFact[]> => {
  const { named } = await readRoutes(connection, family === 'ip' ? AF_INET : AF_INET6)
  return named(name).filter(
    (route) =>
      route.destination === destination &&
      route.table === RT_TABLE_MAIN &&
      (route.tos ?? 0) === 0 &&
      (route.metric ?? 0) === plainMetric[family],
  )
}

/**
 * Removes a route of Portolan's. The kernel leaves a route of another protocol alone. A missing route is no error.
 *
 * @param via - the gateway of the route; without it IPv6 also removes a hop that another program appended
 */
export const deleteRoute = async (
  connection: NetlinkConnection,
  destination: string,
  via: string | null = null,
): Promise<void> => {
  const does = `remove the route to ${destination}`
  const { family, bytes, length } = destinationOf(destination, does)
  const removal: NetlinkChange = {
    type: RTM_DELROUTE,
    payload: [
      header(addressFamily(family), length, RT_SCOPE_NOWHERE, RTN_UNSPEC),
      attribute(RTA_DST, bytes),
      ...(via === null || family === 'ip' ? [] : [attribute(RTA_GATEWAY, parseAddress(via).bytes)]),
    ],
    does,
  }
  const [errno = 0] = await send(connection, [removal])
  if (errno !== 0 && errno !== ESRCH) throw changeError(does, errno, [])
}
