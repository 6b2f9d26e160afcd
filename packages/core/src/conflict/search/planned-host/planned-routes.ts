import {
  type Family,
  families,
  formatPrefix,
  type InterfaceAddress,
  type InterfaceFact,
  lastAddress,
  prefixAround,
  type RouteFact,
  tryParseHostOrPrefix,
  tryParseInterfaceAddress,
} from '@portolan/netfilter'

/** The change that a plan makes to a bridge. */
export interface BridgeChanged {
  readonly before: InterfaceFact
  /** Null: the plan removes the bridge. It may make another bridge of that name. */
  readonly after: InterfaceFact | null
}

/**
 * Leaves out the routes that go with the bridges and addresses that a plan removes. Otherwise the network's own former
 * gateway, or the broadcast address of its former subnet, would be reported as an obstacle to it.
 */
export const withoutFormerRoutes = (
  routes: readonly RouteFact[],
  bridges: readonly BridgeChanged[],
): readonly RouteFact[] => {
  const going = new Map(bridges.flatMap((one) => leavingOf(one)))
  if (going.size === 0) return routes
  // Some kernels show the local route of an IPv6 address on lo.
  const elsewhere = new Set([...going.values()].flatMap(({ own }) => own))
  return routes.filter((route) => {
    const { interface: name = '', destination = '', gateway, type } = route
    const leaving = going.get(name ?? '')
    if (leaving === undefined)
      return !(type === 'local' && name === 'lo' && elsewhere.has(canonical(destination)))
    if (leaving.all.includes(destination.includes(':') ? 'ip6' : 'ip')) return false
    return (gateway ?? null) !== null || !isByKernel(route) || !leaving.made.has(canonical(destination))
  })
}

interface Leaving {
  /** The families in which all routes of the bridge go. */
  readonly all: readonly Family[]
  /** The destinations of the routes that the kernel made for the addresses. */
  readonly made: ReadonlySet<string>
  /** The destinations of the local routes of the addresses. */
  readonly own: readonly string[]
}

const leavingOf = ({ before, after }: BridgeChanged): readonly (readonly [string, Leaving])[] => {
  const addresses = addressesOf(before)
  const staying = after === null ? [] : addressesOf(after)
  const leaving = addresses.filter((one) => !staying.some((other) => isSame(one, other)))
  if (after !== null && leaving.length === 0) return []
  const stays = (family: Family): boolean =>
    addresses.some((one) => one.address.family === family && staying.some((other) => isSame(one, other)))
  // With the last IPv4 address, all IPv4 routes of the interface go (net/ipv4/fib_frontend.c `fib_inetaddr_event`).
  const losesAll = leaving.some(({ address }) => address.family === 'ip') && !stays('ip')
  return [
    [
      before.name ?? '',
      {
        all: after === null ? families : losesAll ? ['ip'] : [],
        made: new Set(leaving.flatMap(madeFor)),
        own: leaving.map(hostOf),
      },
    ],
  ]
}

const addressesOf = ({ addresses = [] }: InterfaceFact): readonly InterfaceAddress[] =>
  addresses.flatMap((text) => tryParseInterfaceAddress(text) ?? [])

const isSame = (a: InterfaceAddress, b: InterfaceAddress): boolean =>
  a.length === b.length && a.address.family === b.address.family && a.address.value === b.address.value

const hostOf = ({ address }: InterfaceAddress): string =>
  formatPrefix(prefixAround(address, address.family === 'ip' ? 32 : 128))

/**
 * The destinations of an address's routes: local, connected, broadcast. Only older kernels have a broadcast route for
 * the first address of a prefix. In IPv6 that route is anycast.
 */
const madeFor = (own: InterfaceAddress): readonly string[] => {
  const prefix = prefixAround(own.address, own.length)
  const bits = prefix.family === 'ip' ? 32 : 128
  const first = formatPrefix({ ...prefix, length: bits })
  return [
    hostOf(own),
    formatPrefix(prefix),
    first,
    ...(prefix.family === 'ip' ? [formatPrefix(prefixAround(lastAddress(prefix), bits))] : []),
  ]
}

/**
 * Whether the kernel made a route: another program's route has its protocol. Facts without protocols tell it by the
 * table.
 */
const isByKernel = ({ protocol, table = 254 }: RouteFact): boolean =>
  protocol === undefined ? table === 254 || table === 255 : protocol === 'kernel'

const canonical = (destination: string): string => {
  const prefix = tryParseHostOrPrefix(destination)
  return prefix === null ? destination : formatPrefix(prefix)
}
