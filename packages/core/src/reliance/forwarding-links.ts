import {
  type Family,
  type HostFacts,
  type InterfaceFact,
  type RouteFact,
  tryParseInterfaceAddress,
  tryParsePrefix,
} from '@portolan/netfilter'
import { engineOfInterface } from '../engine/index.ts'
import type { SysctlUse } from './sysctl-use.ts'

/**
 * The interfaces, bridges aside, behind which packets may go that the host forwards: pairs that lead into other network
 * namespaces, tunnels, VLANs, further wires. An interface that was there while forwarding was off did not need it. So
 * those that came later count, but for one that leads the host itself out (a new network card, a dial-up line).
 *
 * @param earlier - the indexes of the interfaces that were there before forwarding was switched on; null: not known, and
 *   only tunnels and the host's ends of pairs without neighbours are taken for such
 */
export const forwardingLinks = (
  family: Family,
  { interfaces = [], routes = [] }: HostFacts,
  earlier: readonly number[] | null,
): readonly SysctlUse[] => {
  const known = earlier === null ? null : new Set(earlier)
  const kinds = new Map(interfaces.map(({ name = '', kind }) => [name, kind]))
  const behind = routesByInterface(family, routes)
  return interfaces.flatMap((link): readonly SysctlUse[] => {
    const { name = '', index, kind = '', master } = link
    if (nowhere.has(kind) || known?.has(index ?? -1) === true) return []
    // What a bridge or a bond forwards has that as its interface.
    if (typeof master === 'string' && kinds.get(master) !== 'vrf') return []
    const leads = behind.get(name) ?? []
    const neighbours = hasNeighbours(link, family)
    if (leads.some(isWorld) || !(neighbours || leads.length > 0)) return []
    if (known === null && !(tunnels.has(kind) || (pairs.has(kind) && !neighbours))) return []
    return [{ kind: 'link', owner: engineOfInterface(name), text: name }]
  })
}

/** A bridge is judged apart; nothing is behind the others. */
const nowhere: ReadonlySet<string> = new Set(['bridge', 'loopback', 'dummy', 'ifb', 'vrf'])

const pairs: ReadonlySet<string> = new Set(['veth', 'netkit'])

const tunnels: ReadonlySet<string> = new Set([
  ...[
    'wireguard',
    'tun',
    'ppp',
    'ipip',
    'sit',
    'gre',
    'ip6gre',
    'ip6tnl',
    'vti',
    'vti6',
    'xfrm',
    'vxlan',
    'geneve',
  ],
])

/** The destinations of routes in table main, and those of other tables that are no way out to the world. */
const routesByInterface = (
  family: Family,
  routes: readonly RouteFact[],
): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (const { destination = '', interface: name, type = 'unicast', table = mainTable } of routes) {
    if (typeof name !== 'string' || type !== 'unicast' || familyOfRoute(destination) !== family) continue
    if (isOfTheLink(destination) || (table !== mainTable && isWorld(destination))) continue
    const known = found.get(name)
    if (known === undefined) found.set(name, [destination])
    else known.push(destination)
  }
  return found
}

const mainTable = 254

const familyOfRoute = (destination: string): Family | null =>
  destination === 'default' ? 'ip' : (tryParsePrefix(destination)?.family ?? null)

/** A default route, or a half of one, as VPNs have them. */
const isWorld = (destination: string): boolean => destination === 'default' || /\/[01]$/.test(destination)

/** fe80::/10 and ff00::/8: every link has these. */
const isOfTheLink = (destination: string): boolean => /^(fe[89ab]|ff)[0-9a-f]{0,2}:/i.test(destination)

/** An address with a prefix that others are in. */
const hasNeighbours = ({ addresses = [] }: InterfaceFact, family: Family): boolean =>
  addresses.some((text) => {
    const address = tryParseInterfaceAddress(text)
    return (
      address !== null &&
      address.address.family === family &&
      address.length < (family === 'ip' ? 32 : 128) &&
      !isOfTheLink(text)
    )
  })
