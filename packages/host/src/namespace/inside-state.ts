import { formatAddress, InspectError, tryParseAddress } from '@portolan/netfilter'
import type { DefaultRoute, InsideState } from './network-namespace.ts'

interface AddressJson {
  readonly address?: string
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[]
}

interface RouteJson {
  readonly dev?: string
  readonly gateway?: string
  readonly metric?: number
  readonly nexthops?: readonly { readonly dev?: string; readonly gateway?: string }[]
}

/** The metric that a route of a family has where none is shown: IP6_RT_PRIO_USER is shown as 1024. */
const plainMetric = { ip: 0, ip6: 1024 } as const

/** Reads what `ip -j` printed of an interface, and of the default routes of both families: a list a line. */
export const readInside = (stdout: string): InsideState => {
  const [links = [], routes = [], routes6 = []] = stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(parseList)
  const [link] = links as readonly AddressJson[]
  return {
    mac: link?.address ?? '',
    addresses: (link?.addr_info ?? []).flatMap(({ local, prefixlen }) =>
      local === undefined ? [] : [`${canonical(local)}/${prefixlen}`],
    ),
    defaultRoutes: [
      ...(routes as readonly RouteJson[]).flatMap((route) => routesOf('ip', route)),
      ...(routes6 as readonly RouteJson[]).flatMap((route) => routesOf('ip6', route)),
    ],
  }
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
