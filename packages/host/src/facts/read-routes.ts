import { blockRouteProtocol } from '@portolan/core'
import { eachAttribute, littleEndian, type MessageView } from '@portolan/core/netlink'
import type { RouteFact } from '@portolan/netfilter'
import { addressText } from '../address/address-text.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { AF_INET, type AF_INET6 } from '../netlink/constants.ts'
import { dump } from '../netlink/request.ts'
import { RTM_F_CLONED, RTM_GETROUTE } from '../netlink/rtnetlink.ts'

/** The index of a route without an interface, such as a blackhole. */
const NO_INTERFACE = 0

const RTA_DST = 1
const RTA_OIF = 4
const RTA_GATEWAY = 5
const RTA_PRIORITY = 6
const RTA_PREFSRC = 7
const RTA_MULTIPATH = 9
const RTA_TABLE = 15
const RTA_VIA = 18

/** The values of rtm_protocol that facts name (include/uapi/linux/rtnetlink.h); null: any other protocol. */
const protocolName = (protocol: number): string | null => {
  if (protocol === RTPROT_RA) return 'ra'
  return protocol === blockRouteProtocol.number ? blockRouteProtocol.name : null
}

/** The protocol of routes from a router advertisement. */
const RTPROT_RA = 9

/** The names of RTN_*, by number. */
const types = [
  'unspec',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
]

/** The names of RT_SCOPE_*, by number. */
const scopes: Readonly<Record<number, string>> = {
  0: 'universe',
  200: 'site',
  253: 'link',
  254: 'host',
  255: 'nowhere',
}

/** A list of routes whose interfaces have no names yet. */
export interface RoutesRead {
  /**
   * @param name - gives the name of an interface by its index, or null where the interface and its routes are gone; the
   * function itself is null where no names could be read
   * @returns the routes in the kernel's order; a route with several next hops appears once for each hop
   */
  readonly named: (name: ((index: number) => string | null) | null) => readonly RouteFact[]
  readonly consistent: boolean
}

/** Lists the routes of every table of one family. */
export const readRoutes = async (
  connection: NetlinkConnection,
  family: typeof AF_INET | typeof AF_INET6,
): Promise<RoutesRead> => {
  const routes: RouteFact[] = []
  const indexes: number[] = []
  const later = (index: number): null => {
    indexes.push(index)
    return null
  }
  const request = new Uint8Array(12)
  request[0] = family
  const consistent = await dump(connection, RTM_GETROUTE, request, (part) => {
    // Without IPv6 the kernel answers for AF_INET6 with the routes of every family it has (rtnl_dump_all).
    if (part.view.getUint8(part.start) === family) parseRoute(part, later, routes)
  })
  const named: RoutesRead['named'] = (name) => {
    if (name === null) return routes
    return routes.flatMap((route, at) => {
      const index = indexes[at] ?? NO_INTERFACE
      if (index === NO_INTERFACE) return [route]
      const found = name(index)
      return found === null ? [] : [{ ...route, interface: found }]
    })
  }
  return { named, consistent }
}

interface NextHop {
  gateway: string | null
  index: number
}

/**
 * Appends the routes of one RTM_NEWROUTE (struct rtmsg and its attributes) to a list, one for each next hop.
 *
 * @param names - interface names by index; called with index 0 for a route without an interface
 */
export const parseRoute = (
  { view, start, end }: MessageView,
  names: (index: number) => string | null,
  onto: RouteFact[],
): void => {
  if ((view.getUint32(start + 8, littleEndian) & RTM_F_CLONED) !== 0) return
  const size = view.getUint8(start) === AF_INET ? 4 : 16
  let destination: string | null = null
  let table = view.getUint8(start + 4)
  let metric: number | null = null
  let source: string | null = null
  let hops: NextHop[] | null = null
  const hop: NextHop = { gateway: null, index: 0 }
  eachAttribute(view, start + 12, end, (type, from, to) => {
    if (type === RTA_DST) destination = addressText(view, from, size)
    else if (type === RTA_TABLE) table = view.getUint32(from, littleEndian)
    else if (type === RTA_PRIORITY) metric = view.getUint32(from, littleEndian)
    else if (type === RTA_PREFSRC) source = addressText(view, from, size)
    else if (type === RTA_MULTIPATH) hops = parseNextHops(view, from, to)
    else parseHopAttribute(view, type, from, to, hop)
  })
  const length = view.getUint8(start + 1)
  const protocol = protocolName(view.getUint8(start + 5))
  // IPv6 routes have no TOS, though the kernel hands out the value that a request brought.
  const tos = size === 4 ? view.getUint8(start + 3) : 0
  for (const [at, { gateway, index }] of (hops ?? [hop]).entries()) {
    // A hop that `ip -6 route append` adds to a route is another program's, but the kernel reports only the protocol of
    // the first hop (net/ipv6/route.c, `rt6_fill_node`). No route of Portolan's has two hops.
    const isAppended = size === 16 && at > 0 && protocol === blockRouteProtocol.name
    onto.push({
      destination: destinationText(destination, length, size),
      gateway,
      interface: names(index),
      table,
      type: types[view.getUint8(start + 7)] ?? `type-${view.getUint8(start + 7)}`,
      scope: scopes[view.getUint8(start + 6)] ?? `scope-${view.getUint8(start + 6)}`,
      ...(metric === null ? {} : { metric }),
      ...(tos === 0 ? {} : { tos }),
      ...(source === null ? {} : { source }),
      ...(protocol === null || isAppended ? {} : { protocol }),
    })
  }
}

/** The destination as text. A route fact names no family, so only the IPv4 default is called `default`. */
const destinationText = (address: string | null, length: number, size: number): string => {
  if (address !== null) return `${address}/${length}`
  return size === 4 ? 'default' : '::/0'
}

/** Reads RTA_MULTIPATH: a row of struct rtnexthop, each followed by its own attributes. */
const parseNextHops = (view: DataView, start: number, end: number): NextHop[] => {
  const hops: NextHop[] = []
  let offset = start
  while (offset + 8 <= end) {
    const length = view.getUint16(offset, littleEndian)
    if (length < 8 || offset + length > end) break
    const hop: NextHop = { gateway: null, index: view.getInt32(offset + 4, littleEndian) }
    eachAttribute(view, offset + 8, offset + length, (type, from, to) =>
      parseHopAttribute(view, type, from, to, hop),
    )
    hops.push(hop)
    offset += (length + 3) & ~3
  }
  return hops
}

const parseHopAttribute = (view: DataView, type: number, from: number, to: number, hop: NextHop): void => {
  if (type === RTA_OIF) hop.index = view.getUint32(from, littleEndian)
  else if (type === RTA_GATEWAY) hop.gateway = addressText(view, from, to - from)
  // RTA_VIA: a gateway of another family (RFC 5549), with its family in the two bytes before it.
  else if (type === RTA_VIA) hop.gateway = addressText(view, from + 2, to - from - 2)
}
