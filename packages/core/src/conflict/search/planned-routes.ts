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

/** What a plan does to a bridge. */
export interface BridgeChanged {
  readonly before: InterfaceFact
  /** Null: the plan removes it; it may make another one of that name. */
  readonly after: InterfaceFact | null
}

/**
 * Routes without those that go with the bridges and addresses that a plan removes. Otherwise a network is told that its own
 * former gateway, or the broadcast address of its former subnet, is in its way.
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
  /** Of these families every route of the bridge goes. */
  readonly all: readonly Family[]
  /** What the kernel made for the addresses. */
  readonly made: ReadonlySet<string>
  /** The addresses as their local routes have them. */
  readonly own: readonly string[]
}

const leavingOf = ({ before, after }: BridgeChanged): readonly (readonly [string, Leaving])[] => {
  const addresses = addressesOf(before)
  const staying = after === null ? [] : addressesOf(after)
  const leaving = addresses.filter((one) => !staying.some((other) => isSame(one, other)))
  if (after !== null && leaving.length === 0) return []
  const stays = (family: Family): boolean =>
    addresses.some((one) => one.address.family === family && staying.some((other) => isSame(one, other)))
  // With the last IPv4 address every IPv4 route of the interface goes (net/ipv4/fib_frontend.c `fib_inetaddr_event`).
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

/** Local, connected, and broadcast: that of a network's first address is of older kernels. In IPv6 it is anycast. */
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

/** What another program made has its protocol. Facts that name none tell by the table. */
const isByKernel = ({ protocol, table = 254 }: RouteFact): boolean =>
  protocol === undefined ? table === 254 || table === 255 : protocol === 'kernel'

const canonical = (destination: string): string => {
  const prefix = tryParseHostOrPrefix(destination)
  return prefix === null ? destination : formatPrefix(prefix)
}
