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
 * Lists the interfaces, other than bridges, to which the host may forward packets: veth pairs into other network
 * namespaces, tunnels, VLANs, further network cards. An interface that existed while forwarding was off did not need
 * forwarding, so only later interfaces count. An interface with a default route of the host itself does not count
 * either (a new network card, a dial-up line).
 *
 * @param earlier - the indexes of the interfaces that existed before forwarding was switched on; null: not known. Only
 *   tunnels, and the host's ends of pairs without neighbours, count then
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
    // Packets through a port of a bridge or bond are routed by the bridge or bond, so the port does not count.
    if (typeof master === 'string' && kinds.get(master) !== 'vrf') return []
    const leads = behind.get(name) ?? []
    const neighbours = hasNeighbours(link, family)
    if (leads.some(isWorld) || !(neighbours || leads.length > 0)) return []
    if (known === null && !(tunnels.has(kind) || (pairs.has(kind) && !neighbours))) return []
    return [{ kind: 'link', owner: engineOfInterface(name), text: name }]
  })
}

/** Interfaces that do not count here: bridges are judged separately, and nothing is behind the others. */
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

/**
 * The destinations of routes by interface: all routes of table main, and those of other tables except default routes.
 */
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

/** Matches a default route, or half of one (0.0.0.0/1 and 128.0.0.0/1), as VPNs set them. */
const isWorld = (destination: string): boolean => destination === 'default' || /\/[01]$/.test(destination)

/** Matches fe80::/10 and ff00::/8, which every link has. */
const isOfTheLink = (destination: string): boolean => /^(fe[89ab]|ff)[0-9a-f]{0,2}:/i.test(destination)

/** Whether an interface has an address in a prefix with room for neighbours. */
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
