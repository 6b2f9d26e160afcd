import { formatAddress, InspectError, tryParseAddress } from '@portolan/netfilter'
import type { DefaultRoute, InsideState, OtherWay } from './network-namespace.ts'

interface AddressJson {
  readonly ifname?: string
  readonly flags?: readonly string[]
  readonly address?: string
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[]
}

interface RouteJson {
  /** The type of a special route, such as `blackhole`; absent: a plain route. */
  readonly type?: string
  readonly dst?: string
  readonly dev?: string
  readonly gateway?: string
  readonly metric?: number
  readonly nexthops?: readonly { readonly dev?: string; readonly gateway?: string }[]
}

/** The metric of a route of a family that shows none. IPv6 shows IP6_RT_PRIO_USER as 1024. */
const plainMetric = { ip: 0, ip6: 1024 } as const

/**
 * Reads the output of `ip -j`, one list per line: all interfaces, the default routes of IPv4, with `within4` the IPv4
 * routes to a prefix, then the same routes of IPv6.
 *
 * @param name - the name of the interface in question
 */
export const readInside = (
  stdout: string,
  name: string,
  { within4 }: { readonly within4: boolean },
): InsideState => {
  const lists = stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(parseList)
  const [all = [], routes = []] = lists
  const [inPrefix = [], routes6 = [], inPrefix6 = []] = within4 ? lists.slice(2) : [[], ...lists.slice(2)]
  const links = all as readonly AddressJson[]
  const link = links.find(({ ifname }) => ifname === name)
  const others = links.filter(({ ifname, flags = [] }) => ifname !== name && flags.includes('UP'))
  return {
    mac: link?.address ?? '',
    addresses: link === undefined ? [] : addressesOf(link),
    defaultRoutes: [
      ...(routes as readonly RouteJson[]).flatMap((route) => routesOf('ip', route)),
      ...(routes6 as readonly RouteJson[]).flatMap((route) => routesOf('ip6', route)),
    ],
    otherWays: [
      ...others.flatMap((other): readonly OtherWay[] =>
        addressesOf(other).map((text) => ({ kind: 'address', interface: other.ifname ?? null, text })),
      ),
      ...([...inPrefix, ...inPrefix6] as readonly RouteJson[]).flatMap((route) => otherWay(route, name)),
    ],
  }
}

const addressesOf = ({ addr_info = [] }: AddressJson): readonly string[] =>
  addr_info.flatMap(({ local, prefixlen }) =>
    local === undefined ? [] : [`${canonical(local)}/${prefixlen}`],
  )

const otherWay = ({ type, dst = 'default', dev, nexthops }: RouteJson, name: string): readonly OtherWay[] => {
  const ways = nexthops?.map((hop) => hop.dev) ?? [dev]
  if (dst === 'default' || ways.includes(name)) return []
  const [address = '', length] = dst.split('/')
  const text = `${canonical(address)}/${length ?? (address.includes(':') ? 128 : 32)}`
  // A route with a type leads nowhere. In IPv6 `ip` shows the interface lo for such a route.
  return [{ kind: 'route', interface: type === undefined ? (ways[0] ?? null) : null, text }]
}

const parseList = (line: string): readonly unknown[] => {
  try {
    const value: unknown = JSON.parse(line)
    if (Array.isArray(value)) return value
  } catch {}
  throw new InspectError(
    'What ip -j printed of a network namespace is not JSON: is its iproute2 older than 4.14?',
    {
      command: 'ip',
      exitCode: 0,
      stderr: '',
    },
  )
}

const routesOf = (family: 'ip' | 'ip6', route: RouteJson): readonly DefaultRoute[] =>
  (route.nexthops ?? [route]).map(({ dev = '', gateway }) => ({
    family,
    interface: dev,
    gateway: gateway === undefined ? null : canonical(gateway),
    metric: route.metric ?? plainMetric[family],
  }))

const canonical = (text: string): string => {
  const address = tryParseAddress(text)
  return address === null ? text : formatAddress(address)
}
