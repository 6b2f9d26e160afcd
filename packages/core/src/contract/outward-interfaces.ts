import type { HostFacts } from '@portolan/netfilter'
import { type Link, readLinks } from '@portolan/netfilter/analysis'
import { engineOfInterface } from '../engine/engine-of-interface.ts'
import { parseBridgeAlias } from './bridge-alias.ts'

/**
 * The interfaces by which containers reach other machines: those of default routes, and those with a wire behind them.
 * The bridges of other engines are left out: their own rules and the host's decide what is open there.
 *
 * @returns in byte order; null: the facts name no interface except lo, Portolan's bridges and their ports
 * @example
 * outwardInterfaces({ interfaces: [{ name: 'eth0', kind: 'ether' }, { name: 'docker0', kind: 'bridge' }] }) // ['eth0']
 * @public @since 0.1.0
 */
export const outwardInterfaces = (facts: HostFacts): readonly string[] | null => {
  const { interfaces = [], routes = [] } = facts
  const links = readLinks(facts)
  const ours = new Set(
    interfaces.flatMap(({ name = '', alias }) => (parseBridgeAlias(alias) === null ? [] : [name])),
  )
  const isOther = (name: string): boolean =>
    name !== 'lo' && !ours.has(name) && !ours.has(links.get(name)?.master ?? '')
  const others = [...links.values()].filter(({ name }) => isOther(name))
  const leading = routes.flatMap(({ destination = '', interface: name, type = 'unicast' }) =>
    typeof name === 'string' && type === 'unicast' && isOther(name) ? [{ destination, name }] : [],
  )
  if (others.length === 0 && leading.length === 0) return null
  const ports = portsOf(others)
  return [
    ...new Set([
      ...leading.flatMap(({ destination, name }) => {
        // A route may name an interface that the facts do not list.
        const isNamed = isWorld(destination) || (!links.has(name) && isWire({ ...unlisted, name }, []))
        return isNamed ? [name] : []
      }),
      ...others.flatMap((link) =>
        !isLeg(link, links) && isWire(link, ports.get(link.name) ?? []) ? [link.name] : [],
      ),
    ]),
  ].toSorted(byBytes)
}

const portsOf = (links: readonly Link[]): ReadonlyMap<string, readonly Link[]> => {
  const ports = new Map<string, Link[]>()
  for (const link of links) {
    if (link.master === null) continue
    const of = ports.get(link.master)
    if (of === undefined) ports.set(link.master, [link])
    else of.push(link)
  }
  return ports
}

/** Whether other machines are behind an interface, rather than containers of an engine on this host. */
export const isWire = (
  { name, kind, addresses }: Pick<Link, 'name' | 'kind' | 'addresses'>,
  ports: readonly Link[],
): boolean => {
  if (kind === 'bridge' || (kind === null && ports.length > 0))
    return ports.some((port) => wires.has(port.kind ?? ''))
  if (kind === 'dummy' || kind === 'loopback' || kind === 'openvswitch') return false
  // The host's end of a container's pair has no address, or one without neighbours (CNI's ptp, Calico, Cilium).
  if (kind === 'veth' || kind === 'netkit') return addresses.some(hasNeighbours)
  if (kind !== null) return true
  const engine = engineOfInterface(name)
  return engine === null || engine === 'tailscale'
}

const hasNeighbours = ({ address: { family, value }, length }: Link['addresses'][number]): boolean =>
  family === 'ip' ? length < 32 : length < 128 && value >> 118n !== linkLocal

/** fe80::/10 */
const linkLocal = 0xfe80n >> 6n

/** The kinds of interface that an administrator plugs into a bridge to put a network of other machines behind it. */
const wires: ReadonlySet<string> = new Set([
  ...['ether', 'ieee80211', 'infiniband', 'vlan', 'bond', 'team', 'dsa', 'hsr', 'macsec', 'gretap'],
])

/** Whether an interface is a port of a bridge or a bond. Packets leave by the bridge or bond, not by the port. */
const isLeg = ({ master }: Link, links: ReadonlyMap<string, Link>): boolean =>
  master !== null && links.get(master)?.kind !== 'vrf'

/** Matches a default route, or half of one (0.0.0.0/1 and 128.0.0.0/1), as VPNs set them. */
const isWorld = (destination: string): boolean => destination === 'default' || /\/[01]$/.test(destination)

const unlisted = { kind: null, addresses: [] } as const

const byBytes = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
