import type { RouteFact } from '@portolan/netfilter'
import {
  containsPrefix,
  formatPrefix,
  type Prefix,
  parsePrefix,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'

/**
 * Routes of these types lead nowhere. The first four keep packets in (a VPN's kill switch, a CNI plugin's guard). The
 * others are the kernel's own bookkeeping. `local` is not among them: `ip route add local` (AnyIP) does take a whole
 * prefix away.
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
 * Default routes cut in pieces. VPN clients use them to win over the real one: OpenVPN's `redirect-gateway def1` (two
 * halves) and `ipv6` (four pieces), WireGuard's documentation. Only all the pieces together are a default route.
 */
const splitDefaults: readonly (readonly string[])[] = [
  ['0.0.0.0/1', '128.0.0.0/1'],
  ['::/1', '8000::/1'],
  ['::/3', '2000::/4', '3000::/4', 'fc00::/7'],
]

const pieces: ReadonlySet<string> = new Set(splitDefaults.flat())

/** Ranges that every host has and that no pool hands out. */
const irrelevant: readonly Prefix[] = ['127.0.0.0/8', '224.0.0.0/4', '::1/128', 'fe80::/10', 'ff00::/8'].map(
  (text) => parsePrefix(text),
)

/**
 * Is the prefix loopback, multicast, link-local or everything? Each host has these, and they collide with no picked
 * subnet.
 */
export const isIrrelevant = (prefix: Prefix): boolean =>
  prefix.length === 0 || irrelevant.some((other) => containsPrefix(other, prefix))

/**
 * Parses a destination that may be a whole default, a piece of one, or irrelevant: a prefix shorter than /10, or one
 * that begins like those above. Null for any other text. Nearly all routes are others, so a million of them pass
 * without being parsed.
 */
const suspect = (destination: string): Prefix | null => {
  const short = destination.charCodeAt(destination.length - 2) === 47
  const isSuspect = short || /^(?:127|22[4-9]|23\d|f[ef]|:)/i.test(destination)
  return isSuspect ? tryParseHostOrPrefix(destination) : null
}

/** One key for a table and a piece of a default. Routes without a table are in main (254). */
const keyOf = (table: number | undefined, piece: string): string => `${table ?? 254} ${piece}`

/** The keys of those pieces of split defaults whose table has all the other pieces too. */
export const wholeDefaults = (routes: readonly RouteFact[]): ReadonlySet<string> => {
  const present = new Map<string, number | undefined>()
  for (const { destination, type, table } of routes) {
    if (destination === undefined || (type !== undefined && leadsNowhere.has(type))) continue
    if (destination.charCodeAt(destination.length - 2) !== 47) continue
    const prefix = tryParseHostOrPrefix(destination)
    const text = prefix === null ? '' : formatPrefix(prefix)
    if (pieces.has(text)) present.set(keyOf(table, text), table)
  }
  const whole = new Set<string>()
  for (const table of new Set(present.values())) {
    for (const split of splitDefaults) {
      const keys = split.map((piece) => keyOf(table, piece))
      if (keys.every((key) => present.has(key))) for (const key of keys) whole.add(key)
    }
  }
  return whole
}

/**
 * Does the route lead to a particular place? A default, whole or split, does not, nor does a route that leads nowhere.
 *
 * @param whole - the result of `wholeDefaults`
 */
export const leadsSomewhere = (
  { destination, type, table }: RouteFact,
  whole: ReadonlySet<string>,
): boolean => {
  if (destination === undefined || destination === 'default') return false
  if (type !== undefined && leadsNowhere.has(type)) return false
  const prefix = suspect(destination)
  if (prefix === null) return true
  return !isIrrelevant(prefix) && !(whole.size > 0 && whole.has(keyOf(table, formatPrefix(prefix))))
}
