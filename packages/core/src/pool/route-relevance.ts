import {
  containsPrefix,
  formatPrefix,
  type Prefix,
  parseHostOrPrefix,
  parsePrefix,
} from '../address/index.ts'
import type { RouteFact } from '../facts/index.ts'

/**
 * Routes of these types lead nowhere: the first four keep packets in (a VPN's kill switch, a CNI plugin's guard),
 * the others are the kernel's own bookkeeping. `local` is not among them: `ip route add local` (AnyIP) does take
 * a whole prefix away.
 */
const leadsNowhere: ReadonlySet<string> = new Set([
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'broadcast',
  'multicast',
  'anycast',
])

/**
 * Default routes cut in pieces, which VPN clients use to win over the real one: OpenVPN's `redirect-gateway def1`
 * (two halves) and `ipv6` (four pieces), WireGuard's documentation. Only all the pieces together are a default.
 */
const splitDefaults: readonly (readonly string[])[] = [
  ['0.0.0.0/1', '128.0.0.0/1'],
  ['::/1', '8000::/1'],
  ['::/3', '2000::/4', '3000::/4', 'fc00::/7'],
]

const pieces: ReadonlySet<string> = new Set(splitDefaults.flat())

/** Never handed out to anyone, and on every host. */
const irrelevant: readonly Prefix[] = ['127.0.0.0/8', '224.0.0.0/4', '::1/128', 'fe80::/10', 'ff00::/8'].map(
  (text) => parsePrefix(text),
)

/** Loopback, multicast and link-local are on every host and collide with nothing that is picked. */
export const isIrrelevant = (prefix: Prefix): boolean =>
  prefix.length === 0 || irrelevant.some((other) => containsPrefix(other, prefix))

const tableOf = (route: RouteFact): number => route.table ?? 254

/** Per table, the pieces of split defaults that are all there. */
const wholeDefaults = (routes: readonly RouteFact[]): ReadonlySet<string> => {
  const present = new Set<string>()
  for (const route of routes) {
    const { destination } = route
    // A piece is at most nine characters long: a million other routes are passed by without being read.
    if (destination === undefined || destination.length > 11 || leadsNowhere.has(route.type ?? 'unicast'))
      continue
    const text = destination.includes('/') ? formatPrefix(parsePrefix(destination)) : destination
    if (pieces.has(text)) present.add(`${tableOf(route)} ${text}`)
  }
  const whole = new Set<string>()
  for (const table of new Set(routes.map(tableOf))) {
    for (const split of splitDefaults) {
      const keys = split.map((piece) => `${table} ${piece}`)
      if (keys.every((key) => present.has(key))) for (const key of keys) whole.add(key)
    }
  }
  return whole
}

/**
 * The routes that really lead somewhere particular, with their destination: not default routes, whole or split,
 * and not those that lead nowhere.
 *
 * @throws ParseError when a destination cannot be read: a typing error must not free a range
 */
export const routesThatMatter = function* (
  routes: readonly RouteFact[],
): Generator<{ readonly route: RouteFact; readonly prefix: Prefix }> {
  const whole = wholeDefaults(routes)
  for (const route of routes) {
    const { destination } = route
    if (destination === undefined || destination === 'default') continue
    if (route.type !== undefined && leadsNowhere.has(route.type)) continue
    const prefix = parseHostOrPrefix(destination, { source: '<routes>', line: 1, column: 1 })
    if (isIrrelevant(prefix)) continue
    if (prefix.length <= 7 && whole.has(`${tableOf(route)} ${formatPrefix(prefix)}`)) continue
    yield { route, prefix }
  }
}
